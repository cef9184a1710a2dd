package io.runnel.hub;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;

/** A socket on which a test speaks HTTP by the byte. */
final class RawConnection implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 20_000;

  private final Socket socket;
  private final StringBuilder received = new StringBuilder();

  RawConnection(int port) throws IOException {
    socket = new Socket("127.0.0.1", port);
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  /** Sends text, with LF as CRLF. */
  RawConnection send(String text) throws IOException {
    socket.getOutputStream().write(text.replace("\n", "\r\n").getBytes(ISO_8859_1));
    return this;
  }

  RawConnection get(String path, String... headers) throws IOException {
    return send("GET " + path + " HTTP/1.1\nHost: localhost\n" + lines(headers) + "\n");
  }

  RawConnection post(String path, String body, String... headers) throws IOException {
    send(
        "POST "
            + path
            + " HTTP/1.1\nHost: localhost\nContent-Length: "
            + body.length()
            + "\n"
            + lines(headers)
            + "\n");
    socket.getOutputStream().write(body.getBytes(ISO_8859_1));
    return this;
  }

  /** Waits until the text has come, and takes everything up to its end. */
  String until(String text) throws IOException {
    int at;
    while ((at = received.indexOf(text)) < 0) {
      if (!readMore())
        throw new AssertionError("no \"" + text + "\" before the end of: " + received);
    }
    String taken = received.substring(0, at + text.length());
    received.delete(0, at + text.length());
    return taken;
  }

  /** One answer that has a Content-Length: its head and body. */
  String answer() throws IOException {
    String head = until("\r\n\r\n");
    return head + body(head);
  }

  /** One answer, which may be a stream that ends. */
  String answerOrStream() throws IOException {
    String head = until("\r\n\r\n");
    return head + (head.contains("Content-Type: text/event-stream\r\n") ? rest() : body(head));
  }

  private String body(String head) throws IOException {
    int length = 0;
    for (String line : head.split("\r\n")) {
      if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length: ")) {
        length = Integer.parseInt(line.substring(16));
      }
    }
    while (received.length() < length) {
      if (!readMore()) throw new AssertionError("cut off: " + received);
    }
    String body = received.substring(0, length);
    received.delete(0, length);
    return body;
  }

  /** Everything until the server closes. */
  String rest() throws IOException {
    while (readMore()) {}
    return received.toString();
  }

  /** Goes without a word: the kernel sends RST. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  Socket socket() {
    return socket;
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
    } catch (java.net.SocketException reset) {
      return false;
    } catch (java.net.SocketTimeoutException e) {
      throw new AssertionError("nothing more came after: " + received, e);
    }
    if (length < 0) return false;
    received.append(new String(bytes, 0, length, ISO_8859_1));
    return true;
  }

  private static String lines(String... headers) {
    var lines = new StringBuilder();
    for (String header : headers) lines.append(header).append('\n');
    return lines.toString();
  }
}
