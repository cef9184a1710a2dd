package io.runnel.history.sqlite;

import io.runnel.engine.Topic;

/**
 * What is known of a topic without looking at its events: one row, written with each commit that
 * touches the topic, so that a start reads no event but the newest of each topic.
 *
 * @param number names the topic in the database; never given twice
 * @param last the offset of its newest event ever
 * @param trimmedThrough the offset of its newest event that is no longer kept
 * @param first the offset of its oldest event kept; 0 if none
 * @param firstTime when that was published
 * @param events how many are kept
 * @param bytes how many bytes of blocks as sent
 * @param completed whether it is complete
 * @param repeats whether an id that a publisher supplied has stood there twice
 * @param trimmedIds how many events with such ids have been trimmed
 */
record TopicSummary(
    long number,
    Topic topic,
    long last,
    long trimmedThrough,
    long first,
    long firstTime,
    long events,
    long bytes,
    boolean completed,
    boolean repeats,
    long trimmedIds) {

  static TopicSummary empty(long number, Topic topic) {
    return new TopicSummary(number, topic, 0, 0, 0, 0, 0, 0, false, false, 0);
  }

  int flags() {
    return (completed ? 1 : 0) | (repeats ? 2 : 0);
  }

  int checksum(Checksum checksum) {
    return checksum
        .add(number)
        .add(topic.name())
        .add(last)
        .add(trimmedThrough)
        .add(first)
        .add(firstTime)
        .add(events)
        .add(bytes)
        .add(flags())
        .add(trimmedIds)
        .take();
  }
}
