package io.runnel.client;

import java.time.Duration;
import java.util.Optional;

/**
 * Decides whether and when an {@link EventSource} connects again. Called on one thread at a time
 * for each source; a policy without state of its own may serve many.
 */
@FunctionalInterface
public interface ReconnectPolicy {
  /** How long to wait before the next attempt; empty to give up and close. */
  Optional<Duration> delay(Interruption interruption);

  /**
   * The policy unless another is set: gives up where {@link
   * ConnectionFailedException#isTransient()} says so. Otherwise it waits the reconnection time,
   * doubled with each failure in a row up to 30 seconds (never below the reconnection time), and up
   * to half as much again at random, so that a thousand clients do not come back as one. A {@code
   * Retry-After} is the least it waits.
   */
  static ReconnectPolicy standard() {
    return new ExponentialBackoff(Duration.ofSeconds(30));
  }

  /** As {@link #standard()}, with another bound to its doubling. */
  static ReconnectPolicy exponential(Duration longest) {
    return new ExponentialBackoff(longest);
  }

  /** Waits the same time after each transient failure; for servers that end after each event. */
  static ReconnectPolicy fixed(Duration delay) {
    return interruption ->
        interruption.cause().isTransient() ? Optional.of(delay) : Optional.empty();
  }

  /** Never connects again: one request, one answer (a language model's, for instance). */
  static ReconnectPolicy never() {
    return interruption -> Optional.empty();
  }

  /** This policy, giving up after so many failures in a row. */
  default ReconnectPolicy atMost(int failures) {
    if (failures < 0) throw new IllegalArgumentException("negative failures: " + failures);
    return interruption ->
        interruption.failures() > failures ? Optional.empty() : delay(interruption);
  }
}
