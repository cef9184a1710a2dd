package io.runnel.history.sqlite;

import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Times in which publications are refused as there is no room for them: each is said once when it
 * begins and once when it is over, however many are refused.
 *
 * <p>Used by the history's thread; what it answers is read by any.
 */
final class Shortage {
  /** Small events may be kept where large ones are refused, and that is no end of it. */
  private static final long QUIET_MILLIS = 60_000;

  private final Failure log;
  private volatile @Nullable String reason;
  private final LongAdder refused = new LongAdder();
  private long refusedBefore;
  private long lastRefusal;

  Shortage(Failure log) {
    this.log = log;
  }

  /** The reason as a sentence; null while there is room. */
  @Nullable String reason() {
    return reason;
  }

  /** How many publications were refused since the start. */
  long refused() {
    return refused.sum();
  }

  boolean isOn() {
    return reason != null;
  }

  /**
   * There is no room from now on, unless there was none already.
   *
   * @param why what has no room
   * @param measure how much there is, for the log
   */
  void begins(String why, String measure) {
    if (isOn()) return;
    refusedBefore = refused.sum();
    String what = ": publishing is refused until there is room";
    reason = log.of(why + what);
    log.warn(why + " (" + measure + ")" + what + "; subscribers are served as ever");
  }

  void refused(int publications, long now) {
    refused.add(publications);
    lastRefusal = now;
  }

  /** Whether nothing has been refused for a time. */
  boolean isQuiet(long now) {
    return now - lastRefusal >= QUIET_MILLIS;
  }

  /** There is room again. */
  void isOver(String measure) {
    reason = null;
    long meanwhile = refused.sum() - refusedBefore;
    log.warn(
        "there is room again (" + measure + "): events are kept; " + meanwhile + " were refused");
  }
}
