package io.runnel.engine;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * The events of a step of a turn, in order, and for each topic which of them are its own.
 *
 * <p>Those of one topic are chained by their indices, here and in {@link LaneTopic}. Belongs to the
 * lane's thread.
 */
final class FreshEvents {
  private static final int NONE = -1;

  /** The events; their indices are in the order of their offsets. */
  final EventRun events = new EventRun();

  /** Of each event the index of the next one of its topic, or NONE. */
  private int[] next = new int[64];

  /** Takes the event from the window as the topic's newest; false if it has left that. */
  boolean add(RecentEvents window, LaneTopic topic, long offset) {
    int index = events.count();
    if (!events.add(window, topic.state.topic, offset)) return false;
    if (index == next.length) next = Arrays.copyOf(next, 2 * index);
    next[index] = NONE;
    if (topic.freshCount++ == 0) topic.firstFresh = index;
    else next[topic.lastFresh] = index;
    topic.lastFresh = index;
    topic.freshBytes += events.length(index);
    return true;
  }

  /** The indices of the topic's events, in order. */
  void forEach(LaneTopic topic, IntConsumer action) {
    if (topic.freshCount == 0) return;
    for (int i = topic.firstFresh; i != NONE; i = next[i]) action.accept(i);
  }

  /**
   * Forgets the events, each topic of which {@linkplain LaneTopic#forgetFresh() forgets} them too.
   */
  void clear() {
    events.clear();
  }
}
