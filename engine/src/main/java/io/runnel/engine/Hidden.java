package io.runnel.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ObjLongConsumer;

/** Events before a subscriber that it will not get, topic by topic. */
final class Hidden {
  /** Events of a topic with {@code after < offset <= through}. */
  private record Range(long after, long through) {}

  private final long position;
  private final Map<TopicState, Range> ranges = new LinkedHashMap<>();

  Hidden(long position) {
    this.position = position;
  }

  void add(TopicState topic, long after, long through) {
    ranges.put(topic, new Range(after, through));
  }

  void forEach(ObjLongConsumer<TopicState> action) {
    ranges.forEach((topic, range) -> action.accept(topic, range.through));
  }

  /** Whether the policy of one of the topics is to disconnect who misses something. */
  boolean disconnects() {
    return ranges.keySet().stream()
        .anyMatch(topic -> topic.slowConsumers == SlowConsumerPolicy.DISCONNECT);
  }

  /** How far nothing will come of any topic, but at most to the limit. */
  long through(long limit) {
    long most = ranges.values().stream().mapToLong(Range::through).max().orElse(0);
    return Math.min(most, limit);
  }

  /** How many events these are, or -1 if the window does not reach back far enough to tell. */
  long countEvents(Hub hub) {
    long count = 0;
    long end = through(hub.recent().head());
    for (long offset = position + 1; offset <= end; offset++) {
      EncodedEvent event = hub.recent().get(offset);
      if (event == null) return -1;
      Range range = ranges.get(hub.stateOf(event));
      if (range != null && offset > range.after && offset <= range.through && !event.isEnd()) {
        count++;
      }
    }
    return count;
  }
}
