package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EventBlocksTest {
  /** While it grows, and while as much goes as comes. */
  @Test
  void littleOfTheRoomIsEmpty() {
    var random = new SplittableRandom(1);
    var blocks = new EventBlocks();
    var events = new ArrayDeque<long[]>();
    long bytes = 0;
    for (int i = 0; i < 50_000; i++) {
      int length = 20 + random.nextInt(200);
      events.add(new long[] {blocks.add(new byte[length]), length});
      bytes += length;
      if (i > 20_000) bytes -= removeOldest(blocks, events);
      assertThat(blocks.bytes()).isEqualTo(bytes);
      assertThat(blocks.isMostlyEmpty()).isFalse();
    }
  }

  /** One that is left of very many keeps a whole block. */
  @Test
  void whatIsLeftOfMuchMayBeMostlyEmpty() {
    var blocks = new EventBlocks();
    var events = new ArrayDeque<long[]>();
    for (int i = 0; i < 5000; i++) events.add(new long[] {blocks.add(new byte[100]), 100});
    while (events.size() > 1) removeOldest(blocks, events);
    assertThat(blocks.isMostlyEmpty()).isTrue();
  }

  @Test
  void nothingIsLeftOfTheLastOne() {
    var blocks = new EventBlocks();
    blocks.add(new byte[1000]);
    blocks.removeOldest(1000, EventBlocks.NOWHERE);
    assertThat(blocks.isMostlyEmpty()).isFalse();
    long place = blocks.add(new byte[] {1, 2, 3});
    assertThat(blocks.get(place, 3)).containsExactly(1, 2, 3);
  }

  /** As much goes as comes: what was emptied is written again, and nothing else. */
  @Test
  void whatIsFullTakesNoNewBlocks() {
    var blocks = new EventBlocks();
    var events = new ArrayDeque<long[]>();
    for (int i = 0; i < 9000; i++) exchange(blocks, events, i, 1000);
    int made = blocks.made();
    for (int i = 9000; i < 103_000; i++) exchange(blocks, events, i, 1000);
    assertThat(blocks.made()).isEqualTo(made);
  }

  /** An event comes, and the oldest goes, which is still what it was. */
  private static void exchange(
      EventBlocks blocks, ArrayDeque<long[]> events, int number, int most) {
    var bytes = new byte[100];
    Arrays.fill(bytes, (byte) number);
    events.add(new long[] {blocks.add(bytes), 100});
    if (events.size() <= most) return;
    byte[] oldest = blocks.get(events.element()[0], 100);
    assertThat(oldest[0] == (byte) (number - most) && oldest[99] == oldest[0]).isTrue();
    removeOldest(blocks, events);
  }

  private static long removeOldest(EventBlocks blocks, ArrayDeque<long[]> events) {
    long[] oldest = events.remove();
    blocks.removeOldest((int) oldest[1], events.element()[0]);
    return oldest[1];
  }
}
