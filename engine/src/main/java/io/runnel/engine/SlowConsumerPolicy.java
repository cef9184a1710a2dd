package io.runnel.engine;

/** What becomes of a subscriber that falls behind what is kept. */
public enum SlowConsumerPolicy {
  /** Its connection is closed; it comes back with its cursor and is told what it missed. */
  DISCONNECT,
  /** It goes on from the oldest event kept, after a gap event. */
  SKIP,
  /**
   * It goes on from the newest event, after a gap event: for a topic of which only the last state
   * matters. Applies as soon as it was held up, not only when it has fallen behind what is kept.
   */
  LATEST
}
