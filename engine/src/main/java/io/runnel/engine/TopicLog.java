package io.runnel.engine;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The events kept of one topic, oldest first: a ring that grows. Guarded by the history's lock. */
final class TopicLog {
  private static final int SMALLEST = 8;

  final Topic topic;
  final Retention retention;
  private final PublisherIds ids;
  private @Nullable EncodedEvent[] ring = new EncodedEvent[SMALLEST];
  private int first;
  private int size;
  private long bytes;
  private long trimmedThrough;
  private boolean completed;

  TopicLog(Topic topic, Retention retention, PublisherIds ids) {
    this.topic = topic;
    this.retention = retention;
    this.ids = ids;
  }

  int size() {
    return size;
  }

  long bytes() {
    return bytes;
  }

  long trimmedThrough() {
    return trimmedThrough;
  }

  boolean isCompleted() {
    return completed;
  }

  PublisherIds ids() {
    return ids;
  }

  EncodedEvent get(int index) {
    return requireNonNull(ring[(first + index) & (ring.length - 1)]);
  }

  void add(EncodedEvent event) {
    if (size == ring.length) grow();
    ring[(first + size++) & (ring.length - 1)] = event;
    bytes += event.bytes().length;
    if (event.isEnd()) completed = true;
    String id = event.publisherId();
    if (id != null) ids.add(id, event.offset());
  }

  /** Whether the oldest event must go; the newest goes by age only. */
  boolean isOverfull() {
    return hasOlderEvents() && (events() > retention.events() || bytes > retention.bytes());
  }

  /** Whether there are events beside the newest one. */
  boolean hasOlderEvents() {
    return events() > 1;
  }

  /** The mark of the end is none of the events that retention counts. */
  private int events() {
    return completed ? size - 1 : size;
  }

  /** Whether the oldest event is older than it may be. */
  boolean isOutdated(long now) {
    return size > 0 && now - get(0).time() > retention.age().toMillis();
  }

  void removeOldest() {
    EncodedEvent oldest = get(0);
    ring[first] = null;
    first = (first + 1) & (ring.length - 1);
    size--;
    bytes -= oldest.bytes().length;
    trimmedThrough = oldest.offset();
    String id = oldest.publisherId();
    if (id != null) ids.removeOldest(id);
    if (ring.length > SMALLEST && size < ring.length / 4) resize(ring.length / 2);
  }

  /** The index of the first event after the offset, {@link #size()} if none: binary search. */
  int indexAfter(long offset) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (get(middle).offset() <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private void grow() {
    resize(2 * ring.length);
  }

  private void resize(int length) {
    @Nullable EncodedEvent[] larger = new EncodedEvent[length];
    int toEnd = Math.min(size, ring.length - first);
    System.arraycopy(ring, first, larger, 0, toEnd);
    System.arraycopy(ring, 0, larger, toEnd, size - toEnd);
    Arrays.fill(ring, null);
    ring = larger;
    first = 0;
  }
}
