package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;

/** A socket on which a test speaks HTTP/1.1 by the byte. */
final class RawConnection implements AutoCloseable {
  private final Socket socket = new Socket();
  private final StringBuilder received = new StringBuilder();

  RawConnection(int port) throws IOException {
    this(port, 0);
  }

  /** With a receive buffer of so many bytes, unless that is 0. */
  RawConnection(int port, int receiveBuffer) throws IOException {
    if (receiveBuffer > 0) socket.setReceiveBufferSize(receiveBuffer);
    socket.connect(new InetSocketAddress("127.0.0.1", port));
    socket.setSoTimeout((int) Waiting.PATIENCE.toMillis());
  }

  /** Sends text, with LF as CRLF. */
  RawConnection send(String text) throws IOException {
    socket.getOutputStream().write(text.replace("\n", "\r\n").getBytes(UTF_8));
    return this;
  }

  RawConnection send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  RawConnection get(String path, String... headers) throws IOException {
    String lines = headers.length == 0 ? "" : String.join("\n", headers) + "\n";
    return send("GET " + path + " HTTP/1.1\nHost: localhost\n" + lines + "\n");
  }

  /** Waits until the text has come, and takes everything up to its end. */
  String until(String text) throws IOException {
    int at;
    for (int looked = 0; (at = received.indexOf(text, looked)) < 0; ) {
      looked = Math.max(0, received.length() - text.length()); // megabytes come in small pieces
      if (!readMore()) throw new AssertionError("no \"" + text + "\" in: " + received);
    }
    String taken = received.substring(0, at + text.length());
    received.delete(0, at + text.length());
    return taken;
  }

  /** Reads so many bytes more, of ASCII, unless the server closes; {@link #until} takes them. */
  void read(int bytes) throws IOException {
    received.append(new String(socket.getInputStream().readNBytes(bytes), UTF_8));
  }

  /** Everything until the server closes. */
  String rest() throws IOException {
    while (readMore()) {
      // on
    }
    return received.toString();
  }

  /** Goes without a word: the kernel sends RST. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private boolean readMore() throws IOException {
    InputStream in = socket.getInputStream();
    byte[] bytes = new byte[65_536];
    int length;
    try {
      length = in.read(bytes);
    } catch (SocketTimeoutException e) {
      throw new AssertionError("nothing more came after: " + received, e);
    } catch (IOException reset) {
      return false;
    }
    if (length < 0) return false;
    received.append(new String(bytes, 0, length, UTF_8));
    return true;
  }
}
