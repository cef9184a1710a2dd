package io.runnel.engine;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Events joined into one run of bytes, to be written to many subscribers.
 *
 * <p>One batch object and its buffer serve a lane again and again: nothing of it may be kept beyond
 * the call that handed it over. The bytes stand at {@code [start, end)} of a direct buffer, with
 * room of {@value #ROOM} bytes on both sides in which a transport may write its framing, the same
 * for all its subscribers, once for each batch: {@link #framing()} remembers that it did.
 */
public final class EventBatch {
  /** Bytes free before the start and after the end. */
  public static final int ROOM = 16;

  private ByteBuffer buffer = ByteBuffer.allocateDirect(ROOM + 8192 + ROOM);
  private int end = ROOM;
  private int events;
  private long lastOffset;
  private @Nullable Object framing;
  private long number;

  EventBatch() {}

  /** The buffer; its position and limit mean nothing, and must not be changed. */
  public ByteBuffer buffer() {
    return buffer;
  }

  /** Index of the first byte. */
  public int start() {
    return ROOM;
  }

  /** Index after the last byte. */
  public int end() {
    return end;
  }

  /** How many bytes. */
  public int length() {
    return end - ROOM;
  }

  /** How many published events are in it; 0 for an opening or a heartbeat alone. */
  public int events() {
    return events;
  }

  /** What a transport remembered of its framing of this batch; null at first. */
  public @Nullable Object framing() {
    return framing;
  }

  /** Remembers a transport's framing until the batch is filled anew. */
  public void framing(@Nullable Object framing) {
    this.framing = framing;
  }

  /**
   * Which filling of this object it is: what a transport made of the batch with this number still
   * holds, whatever {@link #framing()} another transport has put in between.
   */
  public long number() {
    return number;
  }

  /** Copies the bytes: for sinks that are no sockets. */
  public byte[] toByteArray() {
    byte[] bytes = new byte[length()];
    buffer.get(ROOM, bytes);
    return bytes;
  }

  void clear() {
    end = ROOM;
    events = 0;
    lastOffset = 0;
    framing = null;
    number++;
  }

  void add(byte[] bytes) {
    reserve(bytes.length);
    buffer.put(end, bytes);
    end += bytes.length;
  }

  /** Takes an event; without bytes it is the end of its topic. */
  void add(long offset, byte[] bytes, int start, int length) {
    reserve(length);
    buffer.put(end, bytes, start, length);
    end += length;
    lastOffset = offset;
    if (length > 0) events++;
  }

  /** The position of a subscriber that has all of this. */
  long lastOffset() {
    return lastOffset;
  }

  private void reserve(int more) {
    int needed = end + more + ROOM;
    if (needed <= buffer.capacity()) return;
    ByteBuffer larger = ByteBuffer.allocateDirect(Math.max(needed, 2 * buffer.capacity()));
    larger.put(0, buffer, 0, end);
    buffer = larger;
  }
}
