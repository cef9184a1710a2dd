package io.runnel.hub;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Hub;
import io.runnel.engine.HubSettings;
import io.runnel.engine.MemoryHistory;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class TickTest {
  private static final HubConfig CONFIG = HubConfig.DEFAULT.with(ConfigKey.PORT, 0);

  private final BlockingQueue<Long> answered = new LinkedBlockingQueue<>();
  private boolean hasStoodStill;

  private static Hub hub(InstantSource clock) throws IOException {
    var random = new SplittableRandom();
    var history = new MemoryHistory(CONFIG.retention(), CONFIG.historyMaxBytes(), clock, random);
    return new Hub(HubSettings.DEFAULT, history, clock, random.split());
  }

  /** Stands still in the first tick, for two more: while nobody publishes only ticks ask it. */
  private Instant now() {
    if (!hasStoodStill) LockSupport.parkNanos(Duration.ofMillis(2250).toNanos());
    hasStoodStill = true;
    answered.add(System.nanoTime());
    return Instant.EPOCH;
  }

  @Test
  void afterATickThatFailedTheNextOneComes() throws Exception {
    InstantSource clock =
        () -> {
          answered.add(System.nanoTime());
          throw new StackOverflowError("in each tick");
        };
    try (var hub = hub(clock);
        var server = HubServer.start(CONFIG, hub, List.of())) {
      assertThat(server.port()).isPositive();
      for (int i = 0; i < 2; i++) assertThat(answered.poll(60, SECONDS)).isNotNull();
    }
  }

  @Test
  void afterAPauseTheTicksThatWereMissedDoNotComeAllAtOnce() throws Exception {
    try (var hub = hub(this::now);
        var server = HubServer.start(CONFIG, hub, List.of())) {
      assertThat(server.port()).isPositive();
      long pauseEnded = answered.take();
      long next = requireNonNull(answered.poll(60, SECONDS));
      assertThat(Duration.ofNanos(next - pauseEnded)).isGreaterThan(Duration.ofMillis(900));
    }
  }
}
