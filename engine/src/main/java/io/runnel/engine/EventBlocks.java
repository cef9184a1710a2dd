package io.runnel.engine;

import java.util.Arrays;

/**
 * Bytes of events in blocks, one event after the other: first in, first out. A block is a twelfth
 * to a sixth of all, at most 64 KiB unless one event is larger, so that little of the room is
 * empty, and a power of two, so that one that was emptied fits again.
 *
 * <p>Guarded by the history's lock.
 */
final class EventBlocks {
  private static final int LARGEST = 64 << 10;
  private static final byte[] NONE = {};

  /** So much may be empty of however little. */
  private static final int SMALL = 512;

  /** Where nothing stands. */
  static final long NOWHERE = -1;

  /** A ring, by the block's number. */
  private byte[][] blocks = new byte[2][];

  /** The last that was emptied: a topic that is full needs no new ones, and leaves none behind. */
  private byte[] spare = NONE;

  private int firstBlock;
  private int lastBlock = -1;
  private int usedOfLast;
  private long bytes;
  private long room;
  private int made;

  /** Bytes of all events. */
  long bytes() {
    return bytes;
  }

  /** How many blocks were made so far. */
  int made() {
    return made;
  }

  /** Whether more of the blocks is empty than not. */
  boolean isMostlyEmpty() {
    return room > 2 * bytes + SMALL;
  }

  /** Takes an event's bytes; answers where they stand. */
  long add(byte[] event) {
    if (lastBlock - firstBlock < 0 || block(lastBlock).length - usedOfLast < event.length) {
      addBlock(event.length);
    }
    long place = (long) lastBlock << 32 | usedOfLast;
    System.arraycopy(event, 0, block(lastBlock), usedOfLast, event.length);
    usedOfLast += event.length;
    bytes += event.length;
    return place;
  }

  /** A copy of the bytes that stand there. */
  byte[] get(long place, int length) {
    int start = (int) place;
    return Arrays.copyOfRange(block((int) (place >>> 32)), start, start + length);
  }

  /**
   * The oldest event goes.
   *
   * @param length its bytes
   * @param next where the one after it stands; {@link #NOWHERE} if it is the last
   */
  void removeOldest(int length, long next) {
    bytes -= length;
    int stays = next == NOWHERE ? lastBlock + 1 : (int) (next >>> 32);
    while (firstBlock != stays) {
      forgetSpare();
      spare = block(firstBlock);
      blocks[firstBlock++ & (blocks.length - 1)] = NONE;
    }
    if (next == NOWHERE) forgetSpare();
  }

  private void forgetSpare() {
    room -= spare.length;
    spare = NONE;
  }

  private byte[] block(int number) {
    return blocks[number & (blocks.length - 1)];
  }

  private void addBlock(int atLeast) {
    int count = lastBlock - firstBlock + 1;
    if (count == blocks.length) grow();
    lastBlock++;
    usedOfLast = 0;
    long wanted = Long.highestOneBit(Math.max(2L * atLeast, bytes / 6));
    int length = (int) Math.max(atLeast, Math.min(LARGEST, wanted));
    blocks[lastBlock & (blocks.length - 1)] = emptyBlock(length);
  }

  private byte[] emptyBlock(int length) {
    byte[] block = spare;
    if (block.length != length) {
      forgetSpare();
      block = new byte[length];
      room += length;
      made++;
    }
    spare = NONE;
    return block;
  }

  private void grow() {
    byte[][] more = new byte[2 * blocks.length][];
    for (int number = firstBlock; number != lastBlock + 1; number++) {
      more[number & (more.length - 1)] = block(number);
    }
    blocks = more;
  }
}
