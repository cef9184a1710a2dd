package io.runnel.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.eventstream.Event;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
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
    var queue = new ArrayDeque<EncodedEvent>();
    long offset = 0;
    long trimmed = 0;
    long bytes = 0;
    long room = 0;
    boolean grows = true;
    for (int i = 0; i < 20_000; i++) {
      if (i % 500 == 0) grows = random.nextBoolean();
      boolean adds = queue.isEmpty() || (random.nextInt(4) > 0) == grows;
      if (adds) {
        offset += 1 + random.nextInt(3);
        EncodedEvent event = anyEvent(random, offset);
        room += log.add(event);
        queue.add(event);
        bytes += event.bytes().length;
      } else {
        EncodedEvent oldest = queue.remove();
        room -= log.removeOldest();
        trimmed = oldest.offset();
        bytes -= oldest.bytes().length;
      }
      if (i % 50 == 0) assertThat(events(log)).isEqualTo(all(queue));
      assertThat(log.size()).isEqualTo(queue.size());
      assertThat(log.bytes()).isEqualTo(bytes);
      long ids = queue.stream().filter(event -> event.publisherId() != null).count();
      assertThat(room).isEqualTo(bytes + 32 * queue.size() + 160 * ids);
      assertThat(log.trimmedThrough()).isEqualTo(trimmed);
    }
  }

  /** Whoever has little left of much does not keep the room of much. */
  @Test
  void whatIsLeftIsPacked() {
    TopicLog log = log(new Retention(1_000_000, 1_000_000, Duration.ofDays(1)));
    for (int offset = 1; offset <= 5000; offset++) {
      log.add(
          EncodedEvent.of(TOPIC, offset, 0, null, ("data: " + offset + "\n\n").getBytes(UTF_8)));
    }
    while (log.size() > 0) {
      assertThat(log.isMostlyEmpty()).isFalse();
      long oldest = log.trimmedThrough() + 1;
      assertThat(log.get(0)).hasToString(oldest + " t: data: " + oldest + "\\n\\n");
      log.removeOldest();
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
    assertThat(log.exceeded()).isNull();
    log.add(event(2, 100));
    assertThat(log.exceeded()).isEqualTo(RetentionLimit.EVENTS);
  }

  @Test
  void theMarkOfTheEndDoesNotPushTheNewestEventOut() {
    TopicLog log = log(new Retention(1, 1, Duration.ofDays(1)));
    log.add(event(1, 100));
    log.add(EncodedEvent.endOf(TOPIC, 2, 0));
    assertThat(log.exceeded()).isNull();
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

  /** Small and large, under an id of the publisher's or not. */
  private static EncodedEvent anyEvent(SplittableRandom random, long offset) {
    String id = random.nextBoolean() ? null : "ä" + random.nextInt(100);
    int length = random.nextInt(100) == 0 ? 100_000 : random.nextInt(300);
    Publication publication = Publication.of(TOPIC, Event.of("x".repeat(length)).withId(id));
    return publication.placeAt("abcdefgh", offset, random.nextLong());
  }

  private static List<String> events(TopicLog log) {
    List<EncodedEvent> events = new ArrayList<>();
    for (int i = 0; i < log.size(); i++) events.add(log.get(i));
    return all(events);
  }

  /** All that is known of the events. */
  private static List<String> all(Collection<EncodedEvent> events) {
    return events.stream()
        .map(event -> event + " of " + event.publisherId() + " at " + event.time())
        .toList();
  }
}
