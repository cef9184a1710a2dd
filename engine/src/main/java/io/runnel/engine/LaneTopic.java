package io.runnel.engine;

import java.util.ArrayList;
import java.util.List;

/** What one lane knows of one topic: who in the lane is interested, and what this turn brings. */
final class LaneTopic {
  final TopicState state;
  final List<Interest> interests = new ArrayList<>(1);

  // Which of the turn's events are of this topic: FreshEvents. The indices mean nothing if it has
  // none, as between turns.
  int freshCount;
  int freshBytes;
  int firstFresh;
  int lastFresh;

  LaneTopic(TopicState state) {
    this.state = state;
  }

  void forgetFresh() {
    freshCount = 0;
    freshBytes = 0;
  }
}
