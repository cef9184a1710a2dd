package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.runnel.eventstream.Event;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MemoryHistoryTest extends HistoryContract {
  @Override
  protected History newHistory(
      TopicRules<Retention> retention, long maxBytes, InstantSource clock) {
    return new MemoryHistory(retention, maxBytes, clock, new SplittableRandom(1));
  }

  @Test
  void allTopicsTogetherHaveABoundBeyondWhichTheOldestGivesWay() throws Exception {
    open(TopicRules.always(Retention.DEFAULT), 5 * (63 + TopicLog.EVENT_BYTES));
    Topic a = new Topic("a");
    Topic b = new Topic("b");
    for (int i = 0; i < 4; i++) append(a, "x".repeat(40));
    for (int i = 0; i < 3; i++) append(b, "x".repeat(40));
    assertThat(read(0, 7, 10_000, a, b)).isEqualTo("[3, 4, 5, 6, 7] through 7 trimmed [2, 0]");
  }

  /** Whatever is published where: what goes is the oldest that is not its topic's newest. */
  @Test
  void theOldestOfAllGiveWayButEachTopicKeepsItsNewest() throws Exception {
    open(TopicRules.always(Retention.DEFAULT), 2000);
    var random = new SplittableRandom(1);
    List<Topic> topics = Stream.of("a", "b", "c", "d", "e").map(Topic::new).toList();
    List<Kept> kept = new ArrayList<>();
    int room = 0;
    for (int offset = 1; offset <= 2000; offset++) {
      // One topic for a while, so that another one's newest becomes the oldest of all.
      Topic topic = topics.get(random.nextInt(offset % 100 < 50 ? 2 : 5));
      String data = "x".repeat(random.nextInt(200));
      append(topic, data);
      int bytes = ("id: abcdefgh-" + offset + "\ndata: " + data + "\n\n").length();
      kept.add(new Kept(offset, topic, bytes + TopicLog.EVENT_BYTES));
      room += bytes + TopicLog.EVENT_BYTES;
      for (int i = 0; room > 2000 && i < kept.size(); ) {
        if (!kept.get(i).hasNewer(kept)) i++;
        else room -= kept.remove(i).room();
      }
      List<Long> offsets = kept.stream().map(Kept::offset).toList();
      String answer = read(0, offset, 100_000, topics.toArray(Topic[]::new));
      assertThat(answer).startsWith(offsets + " through");
    }
  }

  private record Kept(long offset, Topic topic, int room) {
    boolean hasNewer(List<Kept> kept) {
      return kept.stream().anyMatch(other -> other.topic.equals(topic) && other.offset > offset);
    }
  }

  /** Topics that come and go leave nothing behind where the oldest is looked for. */
  @Test
  void whoWasForgottenIsNotLookedAtAnyMore() throws Exception {
    var retention = TopicRules.always(new Retention(10, 1000, Duration.ofMillis(1)));
    MemoryHistory history = new MemoryHistory(retention, 1000, () -> now, new SplittableRandom(1));
    history.open(new NoListener());
    for (int i = 0; i < 1000; i++) {
      Topic topic = new Topic("t" + i);
      for (int k = 0; k < 2; k++) history.append(Publication.of(topic, Event.of("x")));
      now = now.plusSeconds(1);
      history.maintain(now);
      history.forget(topic);
    }
    assertThat(history.queued()).isLessThan(10);
  }

  private Instant now = Instant.EPOCH;

  @Test
  void eachHistoryHasItsOwnEpoch() throws Exception {
    var random = new SplittableRandom(1);
    String first = history(random).open(new NoListener()).epoch();
    assertThat(history(random).open(new NoListener()).epoch()).isNotEqualTo(first);
  }

  @Test
  void isOpenedOnceAndBeforeAnythingElse() {
    MemoryHistory history = history(new SplittableRandom(1));
    assertThatIllegalStateException()
        .isThrownBy(() -> history.append(Publication.endOf(new Topic("a"))));
    history.open(new NoListener());
    assertThatIllegalStateException().isThrownBy(() -> history.open(new NoListener()));
  }

  @Test
  void hasABoundAboveZero() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new MemoryHistory(
                    TopicRules.always(Retention.DEFAULT),
                    0,
                    InstantSource.system(),
                    new SplittableRandom(1)));
  }

  private static MemoryHistory history(SplittableRandom random) {
    return new MemoryHistory(
        TopicRules.always(Retention.DEFAULT), 1000, InstantSource.system(), random);
  }

  private static final class NoListener implements HistoryListener {
    @Override
    public void topic(
        Topic topic,
        long lastOffset,
        long trimmedThrough,
        @org.jspecify.annotations.Nullable EncodedEvent newest,
        boolean completed) {}

    @Override
    public void appended(EncodedEvent event) {}

    @Override
    public void trimmed(Topic topic, long through) {}

    @Override
    public void wake() {}
  }
}
