package io.runnel.hub;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A server that gives the n-th connection the n-th answer, the last again and again, and closes.
 */
final class AnsweringServer implements AutoCloseable {
  static final String STREAM =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

  /** The heads of the requests, in order. */
  final BlockingQueue<String> requests = new LinkedBlockingQueue<>();

  private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final List<String> answers;

  AnsweringServer(String... answers) throws IOException {
    this.answers = List.of(answers);
    var thread = new Thread(this::answer, "answering-server");
    thread.setDaemon(true);
    thread.start();
  }

  static String status(String statusAndHeaders) {
    return "HTTP/1.1 " + statusAndHeaders + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  }

  String url() {
    return "http://127.0.0.1:" + listening.getLocalPort();
  }

  private void answer() {
    for (int i = 0; !listening.isClosed(); i++) {
      try (Socket socket = listening.accept()) {
        requests.add(head(socket.getInputStream()));
        String answer = answers.get(Math.min(i, answers.size() - 1));
        socket.getOutputStream().write(answer.getBytes(UTF_8));
        socket.getOutputStream().flush();
      } catch (IOException closed) {
        // the test is over, or the client went away
      }
    }
  }

  private static String head(InputStream in) throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) throw new IOException("the client went away");
      head.append(new String(new byte[] {(byte) b}, ISO_8859_1));
    }
    return head.toString();
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
