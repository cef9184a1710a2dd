package io.runnel.hub;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.Socket;
import io.runnel.engine.EventBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A lane's batch as WebSocket frames (RFC 6455, 5.2), made once for all the sockets of the lane: a
 * text frame with a JSON object for each event, a ping for each comment.
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
 * A field that a block does not have is not in its object; {@code retry} is a number.
 *
 * <p>Everything here belongs to the event loop's thread.
 */
final class WebSocketFrames {
  private static final int TEXT = 0x81;
  private static final int CLOSE = 0x88;
  private static final int PING = 0x89;
  private static final int PONG = 0x8a;

  /** Room before a payload for the header that most frames have; its length is known at its end. */
  private static final int USUAL_HEADER = 4;

  private static final byte[] HEX = "0123456789abcdef".getBytes(US_ASCII);
  private static final byte[] ID = "{\"id\":\"".getBytes(US_ASCII);
  private static final byte[] EVENT = "{\"event\":\"".getBytes(US_ASCII);
  private static final byte[] DATA = "{\"data\":\"".getBytes(US_ASCII);
  private static final byte[] RETRY = "{\"retry\":".getBytes(US_ASCII);

  /** Whether sockets have descriptors that can be written to directly. */
  private final boolean isNative;

  /** What was encoded last. */
  private long number = -1;

  private boolean hasPing;
  private @Nullable String retry;

  private byte[] blocks = {};
  private byte[] frames = new byte[8192];
  private int end;
  private ByteBuffer buffer = ByteBuffer.allocateDirect(8192);
  private long address;

  // The frame that is being written.
  private int payload;
  private boolean inObject;
  private boolean inData;

  WebSocketFrames(boolean isNative) {
    this.isNative = isNative;
    if (isNative) address = Buffer.memoryAddress(buffer);
  }

  // ---------------------------------------------------------------- to sockets

  /**
   * Writes the batch to a socket with nothing queued before it.
   *
   * @param socket the socket, or null where it can be reached through Netty's queue only
   * @return what did not go, a copy; null if all went
   * @throws IOException if the socket is broken
   */
  @Nullable ByteBuf write(@Nullable Socket socket, EventBatch batch) throws IOException {
    encode(batch);
    if (socket == null) return copy(0);
    // The number of a closed descriptor may be another connection's already.
    if (!socket.isOpen()) throw new IOException("closed");
    int written = end == 0 ? 0 : socket.sendAddress(address, 0, end);
    return written == end ? null : copy(written);
  }

  /** A copy of the batch as frames. */
  ByteBuf copy(EventBatch batch) {
    encode(batch);
    return copy(0);
  }

  private ByteBuf copy(int from) {
    return Unpooled.copiedBuffer(frames, from, end - from);
  }

  /** Whether the batch has a ping in it. */
  boolean hasPing(EventBatch batch) {
    encode(batch);
    return hasPing;
  }

  /** The reconnection time that the batch tells, in milliseconds, or null. */
  @Nullable String retry(EventBatch batch) {
    encode(batch);
    return retry;
  }

  // ---------------------------------------------------------------- single frames

  /** The object that tells a client when to come back. */
  static ByteBuf retryFrame(long millis) {
    return frame(TEXT, ("{\"retry\":" + millis + "}").getBytes(US_ASCII));
  }

  /**
   * A close frame.
   *
   * @param reason at most 123 bytes, as RFC 6455, 5.5 wants it
   */
  static ByteBuf closeFrame(int code, String reason) {
    byte[] text = reason.getBytes(UTF_8);
    byte[] body = new byte[2 + text.length];
    body[0] = (byte) (code >> 8);
    body[1] = (byte) code;
    System.arraycopy(text, 0, body, 2, text.length);
    return frame(CLOSE, body);
  }

  static ByteBuf pongFrame(byte[] body) {
    return frame(PONG, body);
  }

  private static ByteBuf frame(int opcode, byte[] body) {
    if (body.length > 125) throw new IllegalArgumentException(body.length + " bytes");
    return Unpooled.wrappedBuffer(new byte[] {(byte) opcode, (byte) body.length}, body);
  }

  // ---------------------------------------------------------------- blocks to frames

  private void encode(EventBatch batch) {
    if (batch.number() == number) return;
    number = batch.number();
    hasPing = false;
    retry = null;
    end = 0;
    int length = batch.length();
    if (blocks.length < length) blocks = new byte[length];
    batch.buffer().get(batch.start(), blocks, 0, length);
    for (int line = 0; line < length; ) line = encodeLine(line, length);
    if (inObject) endObject(); // the time to come back may stand alone
    toBuffer();
  }

  /** Encodes a line and answers where the next begins. */
  private int encodeLine(int line, int length) {
    int lf = line;
    while (lf < length && blocks[lf] != '\n') lf++;
    if (lf == line) {
      if (inObject) endObject();
    } else {
      switch (blocks[line]) {
        case ':' -> ping();
        case 'i' -> field(ID, line + "id: ".length(), lf);
        case 'e' -> field(EVENT, line + "event: ".length(), lf);
        case 'd' -> data(line + "data: ".length(), lf);
        case 'r' -> retry(line + "retry: ".length(), lf);
        default -> {} // none of the engine's; to throw here would stop the lane for everybody
      }
    }
    return lf + 1;
  }

  private void ping() {
    if (inObject) endObject();
    reserve(2);
    frames[end++] = (byte) PING;
    frames[end++] = 0;
    hasPing = true;
  }

  private void field(byte[] name, int from, int to) {
    beginField(name);
    text(from, to);
    reserve(1);
    frames[end++] = '"';
  }

  /** A number stands without quotation marks. */
  private void retry(int from, int to) {
    beginField(RETRY);
    text(from, to);
    retry = new String(blocks, from, to - from, US_ASCII);
  }

  /** The lines of the data are one text, with LF between them. */
  private void data(int from, int to) {
    if (inData) append('\\', 'n');
    else beginField(DATA);
    inData = true;
    text(from, to);
  }

  /** The first field begins the object with its brace, any other has a comma in that place. */
  private void beginField(byte[] name) {
    if (!inObject) {
      reserve(USUAL_HEADER);
      end += USUAL_HEADER;
      payload = end;
    }
    reserve(name.length);
    System.arraycopy(name, 0, frames, end, name.length);
    if (inObject) frames[end] = ',';
    inObject = true;
    end += name.length;
  }

  /** RFC 8259, 7: what a string may not have in it is escaped; all else is UTF-8 already. */
  private void text(int from, int to) {
    reserve(to - from);
    for (int i = from; i < to; i++) {
      byte b = blocks[i];
      if (b == '"' || b == '\\') {
        append('\\', b);
      } else if (b >= 0 && b < ' ') {
        append('\\', 'u');
        append('0', '0');
        append(HEX[b >> 4], HEX[b & 15]);
      } else {
        if (end == frames.length) reserve(to - i);
        frames[end++] = b;
      }
    }
  }

  private void append(int first, int second) {
    reserve(2);
    frames[end++] = (byte) first;
    frames[end++] = (byte) second;
  }

  private void endObject() {
    if (inData) append('"', '}');
    else {
      reserve(1);
      frames[end++] = '}';
    }
    inObject = false;
    inData = false;
    int length = end - payload;
    if (length < 126) {
      move(2);
      frames[payload - 1] = (byte) length;
    } else if (length < 1 << 16) {
      frames[payload - 4] = (byte) TEXT;
      frames[payload - 3] = 126;
      writeLength(length, 2);
    } else {
      move(10);
      frames[payload - 9] = 127;
      writeLength(length, 8);
    }
  }

  /** Moves the payload to where the header before it has this many bytes, and begins that. */
  private void move(int header) {
    int by = header - USUAL_HEADER;
    if (by > 0) reserve(by);
    System.arraycopy(frames, payload, frames, payload + by, end - payload);
    payload += by;
    end += by;
    frames[payload - header] = (byte) TEXT;
  }

  private void writeLength(long length, int bytes) {
    for (int i = 1; i <= bytes; i++) {
      frames[payload - i] = (byte) length;
      length >>>= 8;
    }
  }

  private void reserve(int more) {
    if (end + more > frames.length) {
      frames = Arrays.copyOf(frames, Math.max(end + more, 2 * frames.length));
    }
  }

  private void toBuffer() {
    if (!isNative) return;
    if (buffer.capacity() < end) {
      buffer = ByteBuffer.allocateDirect(frames.length);
      address = Buffer.memoryAddress(buffer);
    }
    buffer.put(0, frames, 0, end);
  }
}
