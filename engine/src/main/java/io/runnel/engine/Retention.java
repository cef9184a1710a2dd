package io.runnel.engine;

import java.time.Duration;

/**
 * How much of a topic is kept. An event goes as soon as one of the three bounds says so; the newest
 * event of a topic goes by age only.
 *
 * @param events the most events, at least 1
 * @param bytes the most bytes of their blocks as sent, at least 1
 * @param age the oldest, positive
 */
public record Retention(long events, long bytes, Duration age) {
  /** What is kept of a topic for which nothing else was said: 10,000 events, 16 MiB, a day. */
  public static final Retention DEFAULT = new Retention(10_000, 16L << 20, Duration.ofHours(24));

  /**
   * Checks the bounds.
   *
   * @throws IllegalArgumentException if a bound is not positive
   */
  public Retention {
    if (events < 1) throw new IllegalArgumentException("retention of " + events + " events");
    if (bytes < 1) throw new IllegalArgumentException("retention of " + bytes + " bytes");
    if (age.isNegative() || age.isZero()) throw new IllegalArgumentException("retention of " + age);
  }
}
