package io.runnel.engine;

import java.util.ArrayList;
import java.util.List;

/** What one lane knows of one topic: who in the lane is interested, and what this turn brings. */
final class LaneTopic {
  final TopicState state;
  final List<Interest> interests = new ArrayList<>(1);

  /** The events of this turn; empty between turns. */
  final List<EncodedEvent> fresh = new ArrayList<>(1);

  int freshBytes;

  LaneTopic(TopicState state) {
    this.state = state;
  }

  void add(EncodedEvent event) {
    fresh.add(event);
    freshBytes += event.bytes().length;
  }

  void clear() {
    fresh.clear();
    freshBytes = 0;
  }
}
