package io.runnel.engine;

import static java.util.Objects.requireNonNull;

import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The newest events of all topics in their order: the window that every lane reads.
 *
 * <p>A ring indexed by offset. One thread at a time appends (the history sees to it); any thread
 * reads, without a lock. Bounded by a number of events and a number of bytes.
 *
 * <p>No event is an object here: their bytes stand one after another in blocks, which are used
 * again when all of their events have left. So the collector finds nothing to copy, however much is
 * published. It also means that what is read may be written over meanwhile. Therefore readers copy,
 * and look at the oldest offset once more when they have: the appender moves it on before it
 * touches anything that stood there.
 */
final class RecentEvents {
  /** The bytes of a block; an event of more than a quarter of it keeps an array of its own. */
  static final int BLOCK = 64 << 10;

  // By offset: the slots of those from the oldest to the head are for everybody to read.
  private final @Nullable TopicState[] topics;
  private final byte[] @Nullable [] blocks;
  private final int[] starts;
  private final int[] lengths;
  private final int mask;
  private final AtomicLong oldest;
  private volatile long head;

  // The appender's.
  private final long maxBytes;
  private long bytes;
  private final ArrayDeque<Block> inUse = new ArrayDeque<>();
  private final ArrayDeque<Block> spare = new ArrayDeque<>();

  /** Some events' bytes. */
  private static final class Block {
    final byte[] bytes = new byte[BLOCK];
    int end;
    long lastOffset;
  }

  RecentEvents(int events, long maxBytes, long lastOffset) {
    int capacity = Integer.highestOneBit(Math.max(2, events));
    topics = new TopicState[capacity];
    blocks = new byte[capacity][];
    starts = new int[capacity];
    lengths = new int[capacity];
    mask = capacity - 1;
    this.maxBytes = maxBytes;
    head = lastOffset;
    oldest = new AtomicLong(lastOffset + 1);
  }

  /** The offset of the newest event. */
  long head() {
    return head;
  }

  // ---------------------------------------------------------------- the appender

  /** How many events are in the window. */
  long size() {
    return head - oldest.getPlain() + 1;
  }

  /** How many blocks there are, spare ones too. */
  int blocks() {
    return inUse.size() + spare.size();
  }

  void append(EncodedEvent event) {
    long offset = event.offset();
    if (offset != head + 1) {
      throw new IllegalStateException("event " + offset + " appended after " + head);
    }
    byte[] block = event.bytes();
    int length = block.length;
    makeRoom(offset, length);
    int slot = (int) offset & mask;
    starts[slot] = 0;
    if (length <= BLOCK / 4) {
      Block current = blockFor(length);
      System.arraycopy(block, 0, current.bytes, current.end, length);
      block = current.bytes;
      starts[slot] = current.end;
      current.end += length;
      current.lastOffset = offset;
    }
    blocks[slot] = block;
    lengths[slot] = length;
    topics[slot] = requireNonNull(event.topicState);
    bytes += length;
    head = offset; // Nobody looks at what was written above before this says so.
  }

  /** Lets go of the oldest events until there is room for this one, which always has some. */
  private void makeRoom(long offset, int length) {
    long first = oldest.getPlain();
    long kept = first;
    while (kept < offset && (offset - kept > mask || bytes + length > maxBytes)) {
      bytes -= lengths[(int) kept++ & mask];
    }
    if (kept == first) return;
    oldest.setRelease(kept);
    VarHandle.storeStoreFence(); // Whoever sees a change below also sees this.
    for (long gone = first; gone < kept; gone++) {
      int slot = (int) gone & mask;
      topics[slot] = null;
      blocks[slot] = null;
    }
    while (inUse.size() > 1 && inUse.element().lastOffset < kept) spare.add(inUse.remove());
  }

  private Block blockFor(int length) {
    Block current = inUse.peekLast();
    if (current != null && current.end + length <= BLOCK) return current;
    Block next = spare.isEmpty() ? new Block() : spare.remove();
    next.end = 0;
    inUse.add(next);
    return next;
  }

  // ---------------------------------------------------------------- readers: any thread

  /** The topic of the event at the offset, or null if the event is not in the window. */
  @Nullable TopicState topic(long offset) {
    if (offset > head) return null;
    TopicState topic = topics[(int) offset & mask];
    return isHeld(offset) ? topic : null;
  }

  /** How many bytes the event at the offset has, 0 for the end of a topic; -1 if it has left. */
  int length(long offset) {
    if (offset > head) return -1;
    int length = lengths[(int) offset & mask];
    return isHeld(offset) ? length : -1;
  }

  /** Copies the bytes of the event at the offset, so many; false if it has left meanwhile. */
  boolean copy(long offset, int length, byte[] target, int at) {
    int slot = (int) offset & mask;
    byte[] block = blocks[slot];
    int start = starts[slot];
    if (!isHeld(offset)) return false;
    System.arraycopy(requireNonNull(block), start, target, at, length);
    return isHeld(offset);
  }

  /** Whether what was read of the event before was its own. */
  private boolean isHeld(long offset) {
    VarHandle.acquireFence();
    return offset >= oldest.getPlain();
  }
}
