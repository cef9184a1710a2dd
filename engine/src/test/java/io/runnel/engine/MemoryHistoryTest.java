package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.InstantSource;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MemoryHistoryTest extends HistoryContract {
  @Override
  protected History newHistory(
      TopicRules<Retention> retention, long maxBytes, InstantSource clock) {
    return new MemoryHistory(retention, maxBytes, clock, new SplittableRandom(1));
  }

  @Test
  void allTopicsTogetherHaveABoundBeyondWhichTheOldestGivesWay() throws Exception {
    open(TopicRules.always(Retention.DEFAULT), 400);
    Topic a = new Topic("a");
    Topic b = new Topic("b");
    for (int i = 0; i < 4; i++) append(a, "x".repeat(40));
    for (int i = 0; i < 3; i++) append(b, "x".repeat(40));
    assertThat(read(0, 7, 10_000, a, b)).isEqualTo("[3, 4, 5, 6, 7] through 7 trimmed [2, 0]");
  }

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
