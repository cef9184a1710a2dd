package io.runnel.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.function.IntUnaryOperator;

/**
 * A network between a client and a server on loopback, that cuts each connection after so many
 * bytes of the answer, and can hold its port while the server behind it changes.
 */
final class CuttingProxy implements AutoCloseable {
  private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private final IntSupplier serverPort;
  private final IntUnaryOperator bytesOf;

  /**
   * A proxy that is running.
   *
   * @param serverPort where the server listens, asked for each connection
   * @param bytesOf how many bytes the answer to the n-th connection (from 0) may have
   */
  CuttingProxy(IntSupplier serverPort, IntUnaryOperator bytesOf) throws IOException {
    this.serverPort = serverPort;
    this.bytesOf = bytesOf;
    start("proxy", this::accept);
  }

  String url() {
    return "http://127.0.0.1:" + listening.getLocalPort();
  }

  int connections() {
    return connections.get();
  }

  private static void start(String name, Runnable task) {
    var thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        sockets.add(client);
        int bytes = bytesOf.applyAsInt(connections.getAndIncrement());
        start("proxy-connection", () -> connect(client, bytes));
      }
    } catch (IOException closed) {
      // close() was called
    }
  }

  private void connect(Socket client, int bytes) {
    try (client;
        var server = new Socket(InetAddress.getLoopbackAddress(), serverPort.getAsInt())) {
      sockets.add(server);
      start("proxy-requests", () -> copy(client, server, Integer.MAX_VALUE));
      copy(server, client, bytes);
      // What was not read yet is lost with the connection, as on a network.
      client.setSoLinger(true, 0);
    } catch (IOException broken) {
      // as networks are
    }
  }

  private static void copy(Socket from, Socket to, int bytes) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[1024];
      int left = bytes;
      int read;
      while (left > 0 && (read = in.read(buffer, 0, Math.min(buffer.length, left))) >= 0) {
        out.write(buffer, 0, read);
        left -= read;
      }
    } catch (IOException broken) {
      // the other direction ends as well
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : sockets) socket.close();
  }
}
