package io.runnel.engine;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The newest events of all topics in their order: the window that every lane reads.
 *
 * <p>A ring indexed by offset. One thread at a time appends (the history sees to it); any thread
 * reads, without a lock: a slot that holds another event than the one looked for, or none, has left
 * the window. Bounded by a number of events and a number of bytes.
 */
final class RecentEvents {
  private final AtomicReferenceArray<@Nullable EncodedEvent> ring;
  private final int mask;
  private final long maxBytes;

  /** The bytes of each, so that it need not be looked at again when it leaves: the appender's. */
  private final int[] sizes;

  // Written by the appender.
  private long bytes;
  private long oldest;
  private volatile long head;

  RecentEvents(int events, long maxBytes, long lastOffset) {
    int capacity = Integer.highestOneBit(Math.max(2, events));
    ring = new AtomicReferenceArray<>(capacity);
    sizes = new int[capacity];
    mask = capacity - 1;
    this.maxBytes = maxBytes;
    head = lastOffset;
    oldest = lastOffset + 1;
  }

  /** The offset of the newest event. */
  long head() {
    return head;
  }

  /** How many events are in the window. Called by the appender. */
  long size() {
    return head - oldest + 1;
  }

  void append(EncodedEvent event) {
    long offset = event.offset();
    if (offset != head + 1) {
      throw new IllegalStateException("event " + offset + " appended after " + head);
    }
    if (offset - oldest > mask) removeOldest();
    int slot = (int) offset & mask;
    ring.setRelease(slot, event); // Nobody looks before the head, which is written last, says so.
    sizes[slot] = event.bytes().length;
    bytes += sizes[slot];
    while (bytes > maxBytes && oldest < offset) removeOldest();
    head = offset;
  }

  /** The event at the offset, or null if it is not in the window. */
  @Nullable EncodedEvent get(long offset) {
    EncodedEvent event = ring.get((int) offset & mask);
    return event != null && event.offset() == offset ? event : null;
  }

  private void removeOldest() {
    int slot = (int) oldest++ & mask;
    ring.setRelease(slot, null);
    bytes -= sizes[slot];
  }
}
