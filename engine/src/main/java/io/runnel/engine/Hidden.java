package io.runnel.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ObjLongConsumer;

/** Events before a subscriber that it will not get, topic by topic. */
final class Hidden {
  private record Range(long after, long through) {
    boolean contains(long offset) {
      return offset > after && offset <= through;
    }
  }

  private final long position;

  /** By name: a topic that was forgotten and came back is another state of the same topic. */
  private final Map<Topic, Range> ranges = new LinkedHashMap<>();

  private boolean disconnects;
  private boolean isTrimmed;

  Hidden(long position) {
    this.position = position;
  }

  /**
   * Hides events of a topic with {@code after < offset <= through}.
   *
   * @param isTrimmed whether some of these are no longer kept
   */
  void add(TopicState topic, long after, long through, boolean isTrimmed) {
    this.isTrimmed |= isTrimmed;
    ranges.put(topic.topic, new Range(after, through));
    disconnects |= topic.slowConsumers == SlowConsumerPolicy.DISCONNECT;
  }

  void forEach(ObjLongConsumer<Topic> action) {
    ranges.forEach((topic, range) -> action.accept(topic, range.through));
  }

  /** Whether the policy of one of the topics is to disconnect who misses something. */
  boolean disconnects() {
    return disconnects;
  }

  /** How far nothing will come of any topic, but at most to the limit. */
  long through(long limit) {
    long most = ranges.values().stream().mapToLong(Range::through).max().orElse(0);
    return Math.min(most, limit);
  }

  /**
   * How many events these are, or -1 if they are some, but neither what was read (up to {@code
   * readThrough}) nor the window reaches far enough to tell how many.
   */
  long countEvents(Hub hub, EventRun read, long readThrough) {
    return isTrimmed ? countInWindow(hub.recent()) : countAmong(read, readThrough);
  }

  private long countAmong(EventRun read, long readThrough) {
    long count = 0;
    for (int i = 0; i < read.count(); i++) {
      if (!read.isEnd(i) && hides(read.topic(i), read.offset(i))) count++;
    }
    return count == 0 || through(Long.MAX_VALUE) <= readThrough ? count : -1;
  }

  private long countInWindow(RecentEvents window) {
    long count = 0;
    long end = through(window.head());
    for (long offset = position + 1; offset <= end; offset++) {
      TopicState topic = window.topic(offset);
      int length = window.length(offset);
      if (topic == null || length < 0) return -1;
      if (length > 0 && hides(topic.topic, offset)) count++;
    }
    return count;
  }

  private boolean hides(Topic topic, long offset) {
    Range range = ranges.get(topic);
    return range != null && range.contains(offset);
  }
}
