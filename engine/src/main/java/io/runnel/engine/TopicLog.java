package io.runnel.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;

/**
 * The events kept of one topic, oldest first. Guarded by the history's lock.
 *
 * <p>Their bytes stand in blocks, one event after the other, and a ring of numbers says where each
 * begins. Kept as objects they would be millions that the collector walks through whenever it looks
 * at all that lives, and as many places outside of the youngest generation that each publish
 * changes.
 */
final class TopicLog {
  // Of each event in the ring: its offset, its time, its place in the blocks, and twice the number
  // of its bytes, one more if its publisher supplied the id.
  private static final int FIELDS = 4;
  private static final int TIME = 1;
  private static final int PLACE = 2;
  private static final int LENGTH = 3;
  private static final int SMALLEST = 2;

  /** What an event takes in the ring. */
  static final int EVENT_BYTES = FIELDS * Long.BYTES;

  /** What an id of the publisher's takes in {@link PublisherIds}, about. */
  static final int ID_BYTES = 160;

  private static final int ID = "id: ".length();

  final Topic topic;
  final Retention retention;
  private final PublisherIds ids;
  private EventBlocks blocks = new EventBlocks();
  private long[] ring = new long[SMALLEST * FIELDS];
  private int first;
  private int size;
  private long trimmedThrough;
  private boolean completed;

  /** For {@link MemoryHistory}: the offset of the oldest when this took its place in the queue. */
  long queuedAt;

  TopicLog(Topic topic, Retention retention, PublisherIds ids) {
    this.topic = topic;
    this.retention = retention;
    this.ids = ids;
  }

  int size() {
    return size;
  }

  long bytes() {
    return blocks.bytes();
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

  long offset(int index) {
    return ring[at(index)];
  }

  /** The event, read from its bytes. */
  EncodedEvent get(int index) {
    int at = at(index);
    byte[] event = blocks.get(ring[at + PLACE], length(at));
    String publisherId = hasPublisherId(at) ? id(event) : null;
    return EncodedEvent.of(topic, ring[at], ring[at + TIME], publisherId, event);
  }

  /** Takes the event as the newest; answers what room it takes, in bytes. */
  int add(EncodedEvent event) {
    if (size == capacity()) resize(2 * size);
    byte[] bytes = event.bytes();
    String id = event.publisherId();
    int at = at(size++);
    ring[at] = event.offset();
    ring[at + TIME] = event.time();
    ring[at + PLACE] = blocks.add(bytes);
    ring[at + LENGTH] = 2L * bytes.length + (id == null ? 0 : 1);
    if (event.isEnd()) completed = true;
    if (id != null) ids.add(id, event.offset());
    return room(at);
  }

  /** What makes the oldest event go, but for its age; null if it stays. The newest one does. */
  @Nullable RetentionLimit exceeded() {
    if (!hasOlderEvents()) return null;
    if (events() > retention.events()) return RetentionLimit.EVENTS;
    return bytes() > retention.bytes() ? RetentionLimit.BYTES : null;
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
    return size > 0 && now - ring[at(0) + TIME] > retention.age().toMillis();
  }

  /** Forgets the oldest event; answers what room it took. */
  int removeOldest() {
    int at = at(0);
    int length = length(at);
    int room = room(at);
    trimmedThrough = ring[at];
    if (hasPublisherId(at)) ids.removeOldest(id(blocks.get(ring[at + PLACE], length)));
    first = (first + 1) & (capacity() - 1);
    size--;
    blocks.removeOldest(length, size == 0 ? EventBlocks.NOWHERE : ring[at(0) + PLACE]);
    if (capacity() > SMALLEST && size < capacity() / 4) resize(capacity() / 2);
    if (isMostlyEmpty()) pack();
    return room;
  }

  boolean isMostlyEmpty() {
    return blocks.isMostlyEmpty();
  }

  /** Moves what is left to blocks of its own size. */
  private void pack() {
    var packed = new EventBlocks();
    for (int i = 0; i < size; i++) {
      int at = at(i);
      ring[at + PLACE] = packed.add(blocks.get(ring[at + PLACE], length(at)));
    }
    blocks = packed;
  }

  /** The index of the first event after the offset, {@link #size()} if none: binary search. */
  int indexAfter(long offset) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (offset(middle) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private int capacity() {
    return ring.length / FIELDS;
  }

  private int at(int index) {
    return ((first + index) & (capacity() - 1)) * FIELDS;
  }

  private int length(int at) {
    return (int) (ring[at + LENGTH] >>> 1);
  }

  private int room(int at) {
    return length(at) + EVENT_BYTES + (hasPublisherId(at) ? ID_BYTES : 0);
  }

  private boolean hasPublisherId(int at) {
    return (ring[at + LENGTH] & 1) != 0;
  }

  /** The id stands in an event's first line. */
  private static String id(byte[] event) {
    int end = ID;
    while (event[end] != '\n') end++;
    return new String(event, ID, end - ID, UTF_8);
  }

  private void resize(int capacity) {
    long[] other = new long[capacity * FIELDS];
    int toEnd = Math.min(size, capacity() - first);
    System.arraycopy(ring, first * FIELDS, other, 0, toEnd * FIELDS);
    System.arraycopy(ring, 0, other, toEnd * FIELDS, (size - toEnd) * FIELDS);
    ring = other;
    first = 0;
  }
}
