package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.function.Predicate;

/** A client of HTTP/2 that sends the frames that it is told to, right or wrong. */
final class RawHttp2 implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;

  static final int END_STREAM = 1;
  static final int ACK = 1;
  static final int END_HEADERS = 4;

  static final int INITIAL_WINDOW_SIZE = 4;

  private final Socket socket;
  private final DataOutputStream out;
  private final DataInputStream in;
  private final DefaultHttp2HeadersDecoder headers = new DefaultHttp2HeadersDecoder();

  /** One frame that came. */
  record Frame(int type, int flags, int stream, byte[] payload) {
    String text() {
      return new String(payload, UTF_8);
    }

    int number() {
      return ByteBuffer.wrap(payload).getInt(payload.length - 4);
    }

    boolean isEnd() {
      return (flags & END_STREAM) != 0;
    }
  }

  /** Connects and says the settings, as pairs of identifier and value. */
  RawHttp2(int port, int... settings) throws IOException {
    this(new Socket(InetAddress.getLoopbackAddress(), port), settings);
  }

  /** Over TLS, if the socket speaks it. */
  RawHttp2(Socket socket, int... settings) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(20_000);
    socket.setTcpNoDelay(true);
    out = new DataOutputStream(socket.getOutputStream());
    in = new DataInputStream(socket.getInputStream());
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(UTF_8));
    settings(settings);
  }

  RawHttp2 settings(int... settings) throws IOException {
    ByteBuffer payload = ByteBuffer.allocate(3 * settings.length);
    for (int i = 0; i < settings.length; i += 2) {
      payload.putShort((short) settings[i]).putInt(settings[i + 1]);
    }
    return send(SETTINGS, 0, 0, payload.array());
  }

  RawHttp2 send(int type, int flags, int stream, byte... payload) throws IOException {
    var frame = ByteBuffer.allocate(9 + payload.length);
    frame.putInt(payload.length << 8 | type).put((byte) flags).putInt(stream).put(payload);
    out.write(frame.array());
    return this;
  }

  RawHttp2 sendNumber(int type, int stream, int number) throws IOException {
    return send(type, 0, stream, ByteBuffer.allocate(4).putInt(number).array());
  }

  RawHttp2 get(int stream, String path, String... headers) throws IOException {
    return send(HEADERS, END_HEADERS | END_STREAM, stream, request("GET", path, headers));
  }

  RawHttp2 post(int stream, String path, String body) throws IOException {
    send(HEADERS, END_HEADERS, stream, request("POST", path));
    return send(DATA, END_STREAM, stream, body.getBytes(UTF_8));
  }

  /** A header in HPACK's plainest form: names and values in turn. */
  static byte[] request(String method, String path, String... headers) {
    var block = new ByteArrayOutputStream();
    String[] pseudo = {
      ":method", method, ":scheme", "http", ":path", path, ":authority", "localhost"
    };
    for (String[] all : new String[][] {pseudo, headers}) {
      for (int i = 0; i < all.length; i += 2) {
        block.write(0);
        for (String text : new String[] {all[i], all[i + 1]}) {
          if (text.length() >= 0x7f) throw new IllegalArgumentException(text);
          block.write(text.length());
          block.writeBytes(text.getBytes(UTF_8));
        }
      }
    }
    return block.toByteArray();
  }

  Frame read() throws IOException {
    int lengthAndType = in.readInt();
    int flags = in.readByte();
    int stream = in.readInt();
    byte[] payload = new byte[lengthAndType >>> 8];
    in.readFully(payload);
    return new Frame(lengthAndType & 0xff, flags, stream, payload);
  }

  /** The next frame of the kind; others are passed over. */
  Frame next(int type, int stream) throws IOException {
    return next(frame -> frame.type == type && frame.stream == stream);
  }

  Frame next(Predicate<Frame> kind) throws IOException {
    while (true) {
      Frame frame = read();
      if (kind.test(frame)) return frame;
    }
  }

  Http2Headers headers(int stream) throws IOException, Http2Exception {
    return headers.decodeHeaders(stream, Unpooled.wrappedBuffer(next(HEADERS, stream).payload));
  }

  /** Reads the data of a stream until it contains the text. */
  String until(int stream, String text) throws IOException {
    var data = new StringBuilder();
    while (data.indexOf(text) < 0) data.append(next(DATA, stream).text());
    return data.toString();
  }

  /** Reads the data of a stream up to its end. */
  String body(int stream) throws IOException {
    var data = new ByteArrayOutputStream();
    while (true) {
      Frame frame = next(f -> f.stream == stream && (f.type == DATA || f.type == HEADERS));
      if (frame.type == DATA) data.writeBytes(frame.payload);
      if (frame.isEnd()) return data.toString(UTF_8);
    }
  }

  /** Whether the server has closed the connection, frames before that aside. */
  boolean isClosed() throws IOException {
    try {
      while (true) read();
    } catch (EOFException | SocketException e) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
