package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RecentEventsTest {
  private static final TopicState TOPIC =
      new TopicState(new Topic("t"), SlowConsumerPolicy.DISCONNECT);

  @Test
  void holdsTheNewestSoMany() {
    var recent = new RecentEvents(4, 1000, 0);
    for (int i = 1; i <= 6; i++) recent.append(event(i, 1));
    assertThat(held(recent, 0, 9)).containsExactly(3L, 4L, 5L, 6L);
    assertThat(recent.size()).isEqualTo(4);
    assertThat(recent.head()).isEqualTo(6);
  }

  @Test
  void holdsTheNewestSoManyBytesButAlwaysOne() {
    var recent = new RecentEvents(8, 10, 0);
    for (int i = 1; i <= 4; i++) recent.append(event(i, 4));
    assertThat(held(recent, 0, 9)).containsExactly(3L, 4L);
    recent.append(event(5, 100));
    assertThat(held(recent, 0, 9)).containsExactly(5L);
    recent.append(event(6, 10));
    assertThat(held(recent, 0, 9)).containsExactly(6L);
    recent.append(event(7, 0));
    assertThat(held(recent, 0, 9)).containsExactly(6L, 7L);
  }

  @Test
  void beginsAfterWhatTheHistoryHadAlready() {
    var recent = new RecentEvents(4, 1000, 100);
    assertThat(recent.head()).isEqualTo(100);
    assertThat(recent.topic(100)).isNull();
    recent.append(event(101, 1));
    assertThat(held(recent, 95, 105)).containsExactly(101L);
  }

  @Test
  void refusesAnEventOutOfItsOrder() {
    var recent = new RecentEvents(4, 1000, 0);
    recent.append(event(1, 1));
    assertThatIllegalStateException().isThrownBy(() -> recent.append(event(1, 1)));
    assertThatIllegalStateException().isThrownBy(() -> recent.append(event(3, 1)));
  }

  /** Also where an event begins a block, or has one of its own. */
  @Test
  void givesTheBytesOfEachEventAsTheyWere() {
    var recent = new RecentEvents(64, 1 << 20, 0);
    int[] lengths = {0, 1, RecentEvents.BLOCK / 4, RecentEvents.BLOCK / 4 + 1, 3, 100_000, 16_000};
    for (int i = 1; i <= 500; i++) recent.append(event(i, lengths[i % lengths.length]));
    for (long offset : held(recent, 1, 500)) {
      int length = lengths[(int) (offset % lengths.length)];
      assertThat(bytes(recent, offset)).isEqualTo(content(offset, length));
    }
    assertThat(recent.size()).isGreaterThan(lengths.length);
  }

  @Test
  void usesItsBlocksAgain() {
    var recent = new RecentEvents(1024, 1 << 20, 0);
    for (int i = 1; i <= 4000; i++) recent.append(event(i, 1000));
    int blocks = recent.blocks();
    for (int i = 4001; i <= 100_000; i++) recent.append(event(i, 1000));
    assertThat(recent.blocks()).isEqualTo(blocks).isLessThanOrEqualTo(18);
  }

  /** Whoever reads while events are written over gets what was there, or hears that it is gone. */
  @Test
  @Timeout(60)
  void neverGivesAnotherEventsBytes() throws Exception {
    var recent = new RecentEvents(64, 100_000, 0);
    recent.append(event(1, 31));
    ExecutorService readers = Executors.newFixedThreadPool(2);
    try {
      Future<Integer> first = readers.submit(() -> readWhatGoesNext(recent));
      Future<Integer> second = readers.submit(() -> readWhatGoesNext(recent));
      for (long offset = 2; !first.isDone() || !second.isDone(); offset++) {
        recent.append(event(offset, (int) (offset * 31 % 3000)));
      }
      assertThat(first.get() + second.get()).as("another's bytes").isZero();
    } finally {
      readers.shutdownNow();
    }
  }

  /** Reads the oldest there are, thousands of times; answers how often it got something else. */
  private static int readWhatGoesNext(RecentEvents recent) {
    int wrong = 0;
    var run = new EventRun();
    var batch = new EventBatch();
    for (int read = 0; read < 20_000 && !Thread.interrupted(); ) {
      long offset = Math.max(1, recent.head() - 63 + read % 4);
      run.clear();
      if (!run.add(recent, TOPIC.topic, offset)) continue;
      read++;
      batch.clear();
      run.addTo(batch, 0);
      byte[] expected = content(offset, (int) (offset * 31 % 3000));
      if (!Arrays.equals(batch.toByteArray(), expected)) wrong++;
    }
    return wrong;
  }

  private static EncodedEvent event(long offset, int length) {
    EncodedEvent event = EncodedEvent.of(TOPIC.topic, offset, 0, null, content(offset, length));
    event.topicState = TOPIC;
    return event;
  }

  private static byte[] content(long offset, int length) {
    var bytes = new byte[length];
    for (int i = 0; i < length; i++) bytes[i] = (byte) (offset * 7 + i);
    return bytes;
  }

  private static byte[] bytes(RecentEvents recent, long offset) {
    var run = new EventRun();
    assertThat(run.add(recent, TOPIC.topic, offset)).isTrue();
    var batch = new EventBatch();
    run.addTo(batch, 0);
    return batch.toByteArray();
  }

  private static List<Long> held(RecentEvents recent, long from, long to) {
    List<Long> held = new ArrayList<>();
    for (long offset = from; offset <= to; offset++) {
      if (recent.topic(offset) != null) held.add(offset);
    }
    return held;
  }
}
