package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.engine.EventBatch;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A lane's batch as WebSocket frames (RFC 6455, 5.2), made once for all the sockets of the lane: a
 * text frame with a JSON object for each event, a ping for each comment, as the hub sends them.
 *
 * <pre>
 * id: 3fa9c2d1-1         {"id":"3fa9c2d1-1","event":"placed","data":"one\\ntwo"}
 * event: placed
 * data: one
 * data: two
 *
 * :                      a ping
 * </pre>
 *
 * The blocks come from the engine's encoder, so each line is {@code name: value} and ends with LF.
 * Lane.
 */
final class WebSocketFrames {
  private static final int TEXT = 0x81;
  private static final int CLOSE = 0x88;
  private static final int PING = 0x89;
  private static final int PONG = 0x8a;

  /** What was encoded last. */
  private long number = -1;

  private byte[] frames = {};
  private boolean hasPing;
  private @Nullable String retry;

  // The object that is being written.
  private final StringBuilder object = new StringBuilder();
  private boolean inData;

  /** The frames of the batch; not to be changed. */
  byte[] of(EventBatch batch) {
    if (batch.number() != number) encode(batch);
    return frames;
  }

  /** Whether the batch that was asked for last has a ping in it. */
  boolean hasPing() {
    return hasPing;
  }

  /** The reconnection time that the batch asked for last tells, in milliseconds, or null. */
  @Nullable String retry() {
    return retry;
  }

  private void encode(EventBatch batch) {
    number = batch.number();
    hasPing = false;
    retry = null;
    var out = new ByteArrayOutputStream(batch.length() + 64);
    for (String line : new String(batch.toByteArray(), UTF_8).split("\n", -1)) {
      if (line.startsWith(":")) {
        endObject(out);
        frame(out, PING, new byte[0]);
        hasPing = true;
      } else if (line.isEmpty()) endObject(out);
      else addField(line);
    }
    frames = out.toByteArray();
  }

  /** The lines of the data are one text, with LF between them. */
  private void addField(String line) {
    int colon = line.indexOf(": ");
    String name = line.substring(0, colon);
    String value = line.substring(colon + 2);
    boolean isData = name.equals("data");
    if (isData && inData) {
      object.append("\\n").append(escaped(value));
      return;
    }
    object.append(object.isEmpty() ? '{' : ',').append('"').append(name).append("\":");
    if (name.equals("retry")) {
      object.append(value);
      retry = value;
    } else {
      object.append('"').append(escaped(value));
      if (!isData) object.append('"');
    }
    inData = isData;
  }

  private void endObject(ByteArrayOutputStream out) {
    if (object.isEmpty()) return;
    object.append(inData ? "\"}" : "}");
    frame(out, TEXT, object.toString().getBytes(UTF_8));
    object.setLength(0);
    inData = false;
  }

  /** RFC 8259, 7: what a string may not have in it is escaped; all else is as it is. */
  private static String escaped(String text) {
    var json = new StringBuilder(text.length() + 8);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') json.append('\\').append(c);
      else if (c < ' ') json.append(String.format("\\u%04x", (int) c));
      else json.append(c);
    }
    return json.toString();
  }

  // ---------------------------------------------------------------- single frames

  /** The object that tells a client when to come back. */
  static byte[] retryFrame(long millis) {
    return frame(TEXT, ("{\"retry\":" + millis + "}").getBytes(UTF_8));
  }

  /**
   * A close frame.
   *
   * @param reason at most 123 bytes, as RFC 6455, 5.5 wants it
   */
  static byte[] closeFrame(int code, String reason) {
    var body = new ByteArrayOutputStream();
    body.write(code >> 8);
    body.write(code);
    body.writeBytes(reason.getBytes(UTF_8));
    return frame(CLOSE, body.toByteArray());
  }

  static byte[] pongFrame(byte[] body) {
    return frame(PONG, body);
  }

  private static byte[] frame(int opcode, byte[] body) {
    var out = new ByteArrayOutputStream(body.length + 2);
    frame(out, opcode, body);
    return out.toByteArray();
  }

  private static void frame(ByteArrayOutputStream out, int opcode, byte[] body) {
    out.write(opcode);
    int length = body.length;
    if (length < 126) out.write(length);
    else {
      int bytes = length < 1 << 16 ? 2 : 8;
      out.write(bytes == 2 ? 126 : 127);
      for (int i = bytes - 1; i >= 0; i--) out.write((int) ((long) length >>> (8 * i)));
    }
    out.writeBytes(body);
  }
}
