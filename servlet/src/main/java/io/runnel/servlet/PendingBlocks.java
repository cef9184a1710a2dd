package io.runnel.servlet;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Blocks that an emitter has sent and its client has not been given yet, up to a bound of bytes.
 *
 * <p>Any thread may call it. What adds or closes answers whether the lane is to be told of it,
 * which is once until the lane {@linkplain #heard has heard}.
 */
final class PendingBlocks {
  /** About how much is joined into one write. */
  private static final int MAX_JOINED = 64 << 10;

  private final int maxBytes;
  private final Deque<byte[]> blocks = new ArrayDeque<>();
  private int bytes;
  private boolean signalled;
  private boolean closed;
  private boolean overflowed;
  private boolean over;

  PendingBlocks(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * Adds a block, unless there is no room for it: then {@link #hasOverflowed}.
   *
   * @param waits whether this thread may wait for room, until the client takes something or is
   *     given up
   * @return whether the lane is to be told
   */
  synchronized boolean add(byte[] block, boolean waits) {
    if (waits) awaitRoomFor(block.length);
    if (over || closed || overflowed) return false;
    if (hasRoomFor(block.length)) {
      blocks.add(block);
      bytes += block.length;
    } else overflowed = true;
    return signal();
  }

  /**
   * Takes no more blocks.
   *
   * @return whether the lane is to be told
   */
  synchronized boolean close() {
    if (over || closed) return false;
    closed = true;
    return signal();
  }

  private boolean signal() {
    if (signalled) return false;
    signalled = true;
    return true;
  }

  /** One block always has room, however long it is. */
  private boolean hasRoomFor(int length) {
    return blocks.isEmpty() || bytes + length <= maxBytes;
  }

  private void awaitRoomFor(int length) {
    boolean interrupted = false;
    while (!over && !closed && !hasRoomFor(length)) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) Thread.currentThread().interrupt();
  }

  // ---------------------------------------------------------------- the lane

  /** The lane looks now: what comes from here on is told it anew. */
  synchronized void heard() {
    signalled = false;
  }

  /** The oldest blocks, joined, up to a bound; nothing if there are none. */
  synchronized byte[] take() {
    var taken = new ArrayList<byte[]>();
    int length = 0;
    while (length < MAX_JOINED && !blocks.isEmpty()) {
      byte[] block = blocks.remove();
      length += block.length;
      taken.add(block);
    }
    bytes -= length;
    notifyAll();
    return taken.size() == 1 ? taken.get(0) : joined(taken, length);
  }

  private static byte[] joined(List<byte[]> blocks, int length) {
    byte[] all = new byte[length];
    int end = 0;
    for (byte[] block : blocks) {
      System.arraycopy(block, 0, all, end, block.length);
      end += block.length;
    }
    return all;
  }

  /** Whether a block came for which there was no room. */
  synchronized boolean hasOverflowed() {
    return overflowed;
  }

  /** Whether it is closed, and all that came before has been taken. */
  synchronized boolean isFinished() {
    return closed && blocks.isEmpty();
  }

  /** The stream is over: nobody waits any more, and nothing is kept. */
  synchronized void end() {
    over = true;
    blocks.clear();
    bytes = 0;
    notifyAll();
  }
}
