package io.runnel.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A server over raw sockets that does what a script says, byte for byte. */
final class ScriptedServer implements AutoCloseable {
  static final String OK =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

  private final ServerSocket listening;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final BlockingQueue<Peer> peers = new LinkedBlockingQueue<>();
  private final List<Script> scripts;
  private volatile boolean isRecording = true;
  private int accepted;

  /** What is done with one connection; at its end the connection is closed. */
  interface Script {
    void play(Peer peer) throws Exception;
  }

  /** The n-th connection is played the n-th script, and all later ones the last. */
  ScriptedServer(Script... scripts) throws IOException {
    this.scripts = List.of(scripts);
    this.listening = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
    var thread = new Thread(this::accept, "scripted-server");
    thread.setDaemon(true);
    thread.start();
  }

  /** A script that answers with an event stream, and then holds the connection open. */
  static Script stream(String body) {
    return peer -> {
      peer.readRequest();
      peer.write(OK + body);
      peer.awaitEnd();
    };
  }

  /** A script that answers with this, and closes. */
  static Script answer(String answer) {
    return peer -> {
      peer.readRequest();
      peer.write(answer);
    };
  }

  static Script status(String statusAndHeaders) {
    return answer("HTTP/1.1 " + statusAndHeaders + "\r\nContent-Length: 0\r\n\r\n");
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  int port() {
    return listening.getLocalPort();
  }

  /** The next connection that was accepted, in order, once its request has been read. */
  Peer next() throws InterruptedException {
    Peer peer = peers.poll(30, TimeUnit.SECONDS);
    if (peer == null) throw new AssertionError("no request came within 30 s");
    return peer;
  }

  /** How many requests were read that {@link #next()} did not return yet. */
  int waiting() {
    return peers.size();
  }

  /** Keeps no requests: for runs that would fill the memory with them. */
  ScriptedServer recordingNothing() {
    isRecording = false;
    return this;
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listening.accept();
        socket.setTcpNoDelay(true);
        sockets.add(socket);
        Script script = scripts.get(Math.min(accepted++, scripts.size() - 1));
        var thread = new Thread(() -> play(script, socket), "scripted-peer");
        thread.setDaemon(true);
        thread.start();
      }
    } catch (IOException closed) {
      // close() was called
    }
  }

  private void play(Script script, Socket socket) {
    try (socket) {
      script.play(new Peer(socket));
    } catch (Exception gone) {
      // a client that goes away is no error here
    } finally {
      sockets.remove(socket);
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : sockets) socket.close();
  }

  /** One connection, seen from the server. */
  final class Peer {
    final Socket socket;
    private final InputStream in;
    private String head = "";
    private byte[] body = {};

    private Peer(Socket socket) throws IOException {
      this.socket = socket;
      this.in = new BufferedInputStream(socket.getInputStream());
    }

    void readRequest() throws IOException {
      var text = new StringBuilder();
      while (text.indexOf("\r\n\r\n") < 0) {
        int b = in.read();
        if (b < 0) throw new IOException("the client went away");
        text.append((char) b);
      }
      head = text.toString();
      String length = header("content-length");
      if (!length.isEmpty()) body = in.readNBytes(Integer.parseInt(length));
      if (isRecording) peers.add(this);
    }

    String requestLine() {
      return head.lines().findFirst().orElse("");
    }

    String body() {
      return new String(body, UTF_8);
    }

    /** The value of a header, or the empty string. */
    String header(String name) {
      String prefix = name.toLowerCase(Locale.ROOT) + ":";
      List<String> values = new ArrayList<>();
      head.lines()
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(prefix))
          .forEach(line -> values.add(line.substring(prefix.length()).strip()));
      return String.join(", ", values);
    }

    String head() {
      return head;
    }

    void write(String text) throws IOException {
      write(text.getBytes(UTF_8));
    }

    void writeLatin1(String text) throws IOException {
      write(text.getBytes(ISO_8859_1));
    }

    void write(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
    }

    /** Waits until the client has closed its side. */
    void awaitEnd() throws IOException {
      while (in.read() >= 0) {}
    }

    /** Ends the connection with a TCP reset. */
    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }
}
