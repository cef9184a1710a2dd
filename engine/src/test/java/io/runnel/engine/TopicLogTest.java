package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TopicLogTest {
  private static final Topic TOPIC = new Topic("t");

  /** The ring grows, shrinks and turns, and is a queue all the same. */
  @Test
  void isAQueueOfEvents() {
    var random = new SplittableRandom(1);
    TopicLog log = log(new Retention(1_000_000, 1_000_000, Duration.ofDays(1)));
    var queue = new ArrayDeque<Long>();
    long offset = 0;
    long trimmed = 0;
    boolean grows = true;
    for (int i = 0; i < 20_000; i++) {
      if (i % 500 == 0) grows = random.nextBoolean();
      boolean adds = queue.isEmpty() || (random.nextInt(4) > 0) == grows;
      if (adds) {
        offset += 1 + random.nextInt(3);
        log.add(event(offset, 1));
        queue.add(offset);
      } else {
        log.removeOldest();
        trimmed = queue.remove();
      }
      if (i % 50 == 0) assertThat(offsets(log)).isEqualTo(new ArrayList<>(queue));
      assertThat(log.size()).isEqualTo(queue.size());
      assertThat(log.bytes()).isEqualTo(queue.size());
      assertThat(log.trimmedThrough()).isEqualTo(trimmed);
    }
  }

  @Test
  void theIndexAfterAnOffsetIsThatOfTheFirstGreaterOne() {
    TopicLog log = log(Retention.DEFAULT);
    for (long offset = 10; offset <= 50; offset += 10) log.add(event(offset, 1));
    List<Integer> found = new ArrayList<>();
    for (long offset : new long[] {0, 9, 10, 11, 49, 50, 51}) found.add(log.indexAfter(offset));
    assertThat(found).containsExactly(0, 0, 1, 1, 4, 5, 5);
  }

  @Test
  void theNewestEventIsNeverTooMuch() {
    TopicLog log = log(new Retention(1, 1, Duration.ofDays(1)));
    log.add(event(1, 100));
    assertThat(log.isOverfull()).isFalse();
    log.add(event(2, 100));
    assertThat(log.isOverfull()).isTrue();
  }

  @Test
  void theMarkOfTheEndDoesNotPushTheNewestEventOut() {
    TopicLog log = log(new Retention(1, 1, Duration.ofDays(1)));
    log.add(event(1, 100));
    log.add(EncodedEvent.endOf(TOPIC, 2, 0));
    assertThat(log.isOverfull()).isFalse();
    assertThat(log.isCompleted()).isTrue();
  }

  @Test
  void anEventGoesWhenItIsOlderThanItMayBe() {
    TopicLog log = log(new Retention(10, 1000, Duration.ofMillis(50)));
    assertThat(log.isOutdated(1_000_000)).isFalse();
    log.add(event(1, 1));
    assertThat(log.isOutdated(50)).isFalse();
    assertThat(log.isOutdated(51)).isTrue();
  }

  private static TopicLog log(Retention retention) {
    return new TopicLog(TOPIC, retention, new PublisherIds());
  }

  private static EncodedEvent event(long offset, int bytes) {
    return EncodedEvent.of(TOPIC, offset, 0, null, new byte[bytes]);
  }

  private static List<Long> offsets(TopicLog log) {
    List<Long> offsets = new ArrayList<>();
    for (int i = 0; i < log.size(); i++) offsets.add(log.get(i).offset());
    return offsets;
  }
}
