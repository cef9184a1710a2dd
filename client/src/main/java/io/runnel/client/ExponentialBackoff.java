package io.runnel.client;

import java.time.Duration;
import java.util.Optional;

/** Waits the reconnection time, doubled with each failure in a row, with jitter on top. */
final class ExponentialBackoff implements ReconnectPolicy {
  /** What is doubled where the reconnection time is shorter: zero doubled is a storm. */
  private static final long LEAST_DOUBLED_MILLIS = 250;

  private final long longestMillis;

  ExponentialBackoff(Duration longest) {
    if (longest.isNegative()) throw new IllegalArgumentException("negative duration: " + longest);
    this.longestMillis = longest.toMillis();
  }

  @Override
  public Optional<Duration> delay(Interruption interruption) {
    if (!interruption.cause().isTransient()) return Optional.empty();
    long backoff = backoffMillis(interruption);
    // The standard lets a client wait longer than the reconnection time, never shorter.
    long jitter = (long) (interruption.chance() * backoff / 2);
    long asked = interruption.cause().retryAfter().map(Duration::toMillis).orElse(0L);
    return Optional.of(Duration.ofMillis(Math.max(backoff, asked) + jitter));
  }

  private long backoffMillis(Interruption interruption) {
    long base = interruption.reconnectionTime().toMillis();
    int doublings = Math.min(interruption.failures() - 1, 30);
    if (doublings == 0) return base;
    long doubled = Math.max(base, LEAST_DOUBLED_MILLIS) << doublings;
    return Math.max(base, Math.min(doubled, longestMillis));
  }
}
