package io.runnel.hub;

import java.io.PrintStream;
import java.util.Locale;

/**
 * A line that says how far it is, for a person who waits: with a bar where the length of the input
 * is known. Written over itself, a few times a second. One thread.
 */
final class Progress {
  private static final long INTERVAL_NANOS = 100_000_000;
  private static final int BAR = 30;

  private final PrintStream out;
  private final long totalBytes;
  private final long startedAt = System.nanoTime();
  private long shownAt = startedAt;
  private boolean isShown;

  /** Nothing is shown at once: what is quick needs no bar. */
  Progress(PrintStream out, long totalBytes) {
    this.out = out;
    this.totalBytes = totalBytes;
  }

  void show(long events, long bytes) {
    long now = System.nanoTime();
    if (now - shownAt < INTERVAL_NANOS) return;
    shownAt = now;
    isShown = true;
    out.print("\r" + line(events, bytes, totalBytes, now - startedAt) + "\u001b[K");
    out.flush();
  }

  /** Takes the line away, so that what is said next begins at the left. */
  void clear() {
    if (isShown) out.print("\r\u001b[K");
    isShown = false;
    out.flush();
  }

  String summary(long events) {
    return line(events, 0, 0, System.nanoTime() - startedAt);
  }

  static String line(long events, long bytes, long totalBytes, long nanos) {
    double seconds = Math.max(nanos, 1) / 1e9;
    String done =
        String.format(
            Locale.ROOT,
            "%,d events published in %.1f s, %,.0f/s",
            events,
            seconds,
            events / seconds);
    if (totalBytes <= 0) return done;
    double part = Math.min(1, (double) bytes / totalBytes);
    int filled = (int) (part * BAR);
    String bar = "#".repeat(filled) + ".".repeat(BAR - filled);
    return String.format(Locale.ROOT, "[%s] %3.0f %%  %s", bar, part * 100, done);
  }
}
