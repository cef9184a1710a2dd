package io.runnel.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * The events of a step of a turn, in order, and for each topic which of them are its own.
 *
 * <p>Those of one topic are chained by their indices, here and in {@link LaneTopic}: a reference in
 * each of ten thousand topics would be one more place for each that the collector has to look at.
 * Belongs to the lane's thread.
 */
final class FreshEvents {
  private static final int NONE = -1;

  private final List<EncodedEvent> events = new ArrayList<>();

  /** Of each event the index of the next one of its topic, or NONE. */
  private int[] next = new int[64];

  /** Takes the event as the topic's newest. */
  void add(LaneTopic topic, EncodedEvent event) {
    int index = events.size();
    if (index == next.length) next = Arrays.copyOf(next, 2 * index);
    next[index] = NONE;
    if (topic.freshCount++ == 0) topic.firstFresh = index;
    else next[topic.lastFresh] = index;
    topic.lastFresh = index;
    topic.freshBytes += event.bytes().length;
    events.add(event);
  }

  /** The topic's events, in order. */
  void forEach(LaneTopic topic, Consumer<EncodedEvent> action) {
    if (topic.freshCount == 0) return;
    for (int i = topic.firstFresh; i != NONE; i = next[i]) action.accept(events.get(i));
  }

  /**
   * Forgets the events, each topic of which {@linkplain LaneTopic#forgetFresh() forgets} them too.
   */
  void clear() {
    events.clear();
  }
}
