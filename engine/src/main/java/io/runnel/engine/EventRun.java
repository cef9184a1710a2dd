package io.runnel.engine;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Events that were read, one after another, from the window or from a history: copies, so that who
 * reads on later need not fear that they are written over. Used again and again; belongs to one
 * thread.
 */
final class EventRun {
  /** Room for so many bytes is not given back. */
  private static final int LARGEST_KEPT = 2 << 20;

  private static final int SMALLEST = 8 << 10;

  private byte[] bytes = new byte[SMALLEST];
  private int end;

  private @Nullable Topic[] topics = new Topic[64];
  private long[] offsets = new long[64];
  private int[] starts = new int[64];
  private int[] lengths = new int[64];
  private int count;

  /** How many events. */
  int count() {
    return count;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** How many bytes they have. */
  int bytes() {
    return end;
  }

  /** Takes the event at the offset from the window; false if it has left that. */
  boolean add(RecentEvents window, Topic topic, long offset) {
    int length = window.length(offset);
    if (length < 0) return false;
    reserve(length);
    if (!window.copy(offset, length, bytes, end)) return false;
    add(topic, offset, length);
    return true;
  }

  void add(EncodedEvent event) {
    byte[] more = event.bytes();
    reserve(more.length);
    System.arraycopy(more, 0, bytes, end, more.length);
    add(event.topic(), event.offset(), more.length);
  }

  private void add(Topic topic, long offset, int length) {
    if (count == offsets.length) growEvents();
    topics[count] = topic;
    offsets[count] = offset;
    starts[count] = end;
    lengths[count++] = length;
    end += length;
  }

  private void reserve(int more) {
    if (end + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(end + more, 2 * bytes.length));
    }
  }

  private void growEvents() {
    topics = Arrays.copyOf(topics, 2 * count);
    offsets = Arrays.copyOf(offsets, 2 * count);
    starts = Arrays.copyOf(starts, 2 * count);
    lengths = Arrays.copyOf(lengths, 2 * count);
  }

  Topic topic(int index) {
    return requireNonNull(topics[index]);
  }

  long offset(int index) {
    return offsets[index];
  }

  int length(int index) {
    return lengths[index];
  }

  /** Whether it is the mark that ends its topic. */
  boolean isEnd(int index) {
    return lengths[index] == 0;
  }

  void addTo(EventBatch batch, int index) {
    batch.add(offsets[index], bytes, starts[index], lengths[index]);
  }

  /** Drops the events of these indices. */
  void removeIf(IntPredicate dropped) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (dropped.test(i)) continue;
      topics[kept] = topics[i];
      offsets[kept] = offsets[i];
      starts[kept] = starts[i];
      lengths[kept++] = lengths[i];
    }
    Arrays.fill(topics, kept, count, null);
    count = kept;
  }

  void clear() {
    Arrays.fill(topics, 0, count, null);
    count = 0;
    end = 0;
    if (bytes.length > LARGEST_KEPT) bytes = new byte[SMALLEST];
  }
}
