package io.runnel.engine;

import java.time.Duration;
import java.util.List;

/**
 * Closes the subscriptions of a lane a few at a time, until none is left at the end of its time.
 */
final class Drain {
  private final int endTick;
  private final Duration over;

  Drain(int nowTick, Duration over) {
    this.over = over;
    endTick = nowTick + (int) over.toSeconds();
  }

  /** Closes this tick's share. */
  void close(List<LaneSubscription> subscriptions, int now) {
    int ticksLeft = Math.max(0, endTick - now);
    int share = (subscriptions.size() + ticksLeft) / (ticksLeft + 1);
    for (int i = 0; i < share && !subscriptions.isEmpty(); i++) {
      subscriptions.get(subscriptions.size() - 1).sayGoodbye(over);
    }
  }
}
