package io.runnel.hub;

/**
 * How often one client of HTTP/2 may make work that brings it nothing: streams that it opens and
 * resets at once (CVE-2023-44487), or makes us reset; pings, settings, empty frames.
 *
 * <p>Counted over {@value #SECONDS} seconds at a time. A page that leaves resets all its streams at
 * once, so a few times as many as may be open are nothing.
 */
final class Http2Frugality {
  static final int SECONDS = 10;
  static final int MAX_TROUBLE = 1000;
  static final int RESETS_FOR_EACH_STREAM = 4;

  private final int maxResets;
  private long since = System.nanoTime();
  private int resets;
  private int trouble;

  Http2Frugality(int maxStreams) {
    maxResets = Math.max(100, RESETS_FOR_EACH_STREAM * maxStreams);
  }

  boolean mayReset(long now) {
    forget(now);
    return ++resets <= maxResets;
  }

  boolean mayTrouble(long now) {
    forget(now);
    return ++trouble <= MAX_TROUBLE;
  }

  private void forget(long now) {
    if (now - since < SECONDS * 1_000_000_000L) return;
    since = now;
    resets = 0;
    trouble = 0;
  }
}
