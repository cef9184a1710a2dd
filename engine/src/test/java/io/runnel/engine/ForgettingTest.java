package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.eventstream.Event;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ForgettingTest {
  private final AtomicLong now = new AtomicLong();
  private final InstantSource clock = () -> Instant.ofEpochMilli(now.get());

  @Test
  void aSubscriberOfEverythingKeepsNoTopicAliveAndStillHearsOfItWhenItComesBack() throws Exception {
    var keepASecond = TopicRules.always(new Retention(10, 1000, Duration.ofSeconds(1)));
    var random = new SplittableRandom(1);
    try (var hub =
        new Hub(
            HubSettings.DEFAULT,
            new MemoryHistory(keepASecond, 1 << 20, clock, random),
            clock,
            random.split())) {
      var sink = new CountingSink();
      hub.newLane(Runnable::run)
          .subscribe(SubscriptionRequest.of(List.of(TopicPattern.ALL), Start.NOW), sink);
      for (int i = 0; i < 1000; i++) hub.publish(new Topic("t/" + i), Event.of("x"));
      pass(hub, 2 * Hub.FORGET_TICKS);
      assertThat(hub.statistics().topics()).isZero();
      hub.publish(new Topic("t/7"), Event.of("again"));
      assertThat(sink.events).isEqualTo(1001);
      assertThat(hub.statistics().topics()).isEqualTo(1);
    }
  }

  private void pass(Hub hub, int seconds) {
    for (int i = 0; i < seconds; i++) {
      now.addAndGet(1000);
      hub.tick();
    }
  }

  private static final class CountingSink implements EventSink {
    int events;

    @Override
    public boolean open(Opening opening) {
      return true;
    }

    @Override
    public boolean write(EventBatch batch) {
      events += batch.events();
      return true;
    }

    @Override
    public void end(EndReason reason) {
      throw new AssertionError(reason);
    }
  }
}
