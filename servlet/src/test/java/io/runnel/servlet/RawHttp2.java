package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * What a client of HTTP/2 sends, by the byte (RFC 9113, with prior knowledge): for tests that cut
 * it where no client would.
 */
final class RawHttp2 {
  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);

  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;

  private static final int END_STREAM_AND_HEADERS = 0x5;
  private static final int CANCEL = 8;

  private RawHttp2() {}

  /** The beginning of a connection, and one GET as its stream 1. */
  static byte[] get(String path) {
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(PREFACE);
    bytes.writeBytes(frame(SETTINGS, 0, 0));
    bytes.writeBytes(frame(HEADERS, END_STREAM_AND_HEADERS, 1, head(path)));
    return bytes.toByteArray();
  }

  /** RFC 7541: by index in the static table, and literals that are not indexed. */
  private static byte[] head(String path) {
    var head = new ByteArrayOutputStream();
    head.write(0x82); // :method: GET
    head.write(0x86); // :scheme: http
    literal(head, 4, path); // :path
    literal(head, 1, "localhost"); // :authority
    return head.toByteArray();
  }

  private static void literal(ByteArrayOutputStream head, int name, String value) {
    head.write(name);
    head.write(value.length());
    head.writeBytes(value.getBytes(US_ASCII));
  }

  /** Cancels stream 1. */
  static byte[] cancel() {
    return frame(RST_STREAM, 0, 1, number(CANCEL));
  }

  /** A client that says that it leaves. */
  static byte[] goAway() {
    return frame(GOAWAY, 0, 0, new byte[8]);
  }

  static byte[] ping() {
    return frame(PING, 0, 0, new byte[8]);
  }

  /** Credit of 0, which breaks the rule of stream 1. */
  static byte[] brokenWindowUpdate() {
    return frame(WINDOW_UPDATE, 0, 1, number(0));
  }

  private static byte[] number(int number) {
    return ByteBuffer.allocate(4).putInt(number).array();
  }

  private static byte[] frame(int type, int flags, int stream, byte... payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .putInt(payload.length << 8 | type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }
}
