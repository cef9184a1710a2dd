package io.runnel.hub;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Hub;
import io.runnel.engine.HubSettings;
import io.runnel.engine.MemoryHistory;
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
  private final BlockingQueue<Long> answered = new LinkedBlockingQueue<>();
  private boolean hasStoodStill;

  /** Stands still in the first tick, for two more: while nobody publishes only ticks ask it. */
  private Instant now() {
    if (!hasStoodStill) LockSupport.parkNanos(Duration.ofMillis(2250).toNanos());
    hasStoodStill = true;
    answered.add(System.nanoTime());
    return Instant.EPOCH;
  }

  @Test
  void afterAPauseTheTicksThatWereMissedDoNotComeAllAtOnce() throws Exception {
    InstantSource clock = this::now;
    var random = new SplittableRandom();
    HubConfig config = HubConfig.DEFAULT.with(ConfigKey.PORT, 0);
    var history = new MemoryHistory(config.retention(), config.historyMaxBytes(), clock, random);
    try (var hub = new Hub(HubSettings.DEFAULT, history, clock, random.split());
        var server = HubServer.start(config, hub, List.of())) {
      assertThat(server.port()).isPositive();
      long pauseEnded = answered.take();
      long next = requireNonNull(answered.poll(60, SECONDS));
      assertThat(Duration.ofNanos(next - pauseEnded)).isGreaterThan(Duration.ofMillis(900));
    }
  }
}
