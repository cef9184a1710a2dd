package io.runnel.history.sqlite;

import io.runnel.engine.Retention;
import io.runnel.engine.RetentionLimit;
import io.runnel.engine.Topic;
import org.jspecify.annotations.Nullable;

/** A topic's summary as it will be once the transaction is committed; thrown away if it is not. */
final class TopicDraft {
  /** As committed last; null if the topic is new. */
  final @Nullable TopicSummary committed;

  final Retention retention;
  final long number;
  final Topic topic;
  long last;
  long trimmedThrough;
  long first;
  long firstTime;
  long events;
  long bytes;
  boolean completed;
  boolean repeats;
  long trimmedIds;

  TopicDraft(TopicSummary summary, boolean isNew, Retention retention) {
    committed = isNew ? null : summary;
    this.retention = retention;
    number = summary.number();
    topic = summary.topic();
    last = summary.last();
    trimmedThrough = summary.trimmedThrough();
    first = summary.first();
    firstTime = summary.firstTime();
    events = summary.events();
    bytes = summary.bytes();
    completed = summary.completed();
    repeats = summary.repeats();
    trimmedIds = summary.trimmedIds();
  }

  void add(long offset, long time, long blockBytes) {
    last = offset;
    events++;
    bytes += blockBytes;
    if (first == 0) {
      first = offset;
      firstTime = time;
    }
  }

  /** Whether the oldest event must go, but for its age. */
  boolean isOverfull() {
    return exceeded() != null;
  }

  /** What makes the oldest event go, but for its age; null if it stays. The newest one does. */
  @Nullable RetentionLimit exceeded() {
    if (!hasOlderEvents()) return null;
    if (countedEvents() > retention.events()) return RetentionLimit.EVENTS;
    return bytes > retention.bytes() ? RetentionLimit.BYTES : null;
  }

  /** Whether there are events beside the newest one. */
  boolean hasOlderEvents() {
    return countedEvents() > 1;
  }

  /** The mark of the end is none of the events that retention counts. */
  private long countedEvents() {
    return completed ? events - 1 : events;
  }

  /** Whether the oldest event is older than it may be. */
  boolean isOutdated(long now) {
    return events > 0 && now - firstTime > retention.age().toMillis();
  }

  TopicSummary summary() {
    return new TopicSummary(
        number,
        topic,
        last,
        trimmedThrough,
        first,
        firstTime,
        events,
        bytes,
        completed,
        repeats,
        trimmedIds);
  }
}
