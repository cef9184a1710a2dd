package io.runnel.history.sqlite;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.RetentionLimit;
import io.runnel.engine.Topic;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Keeps each topic within its retention, and all of them within a number of bytes; bounded work a
 * turn, the rest in the next. Used by the writer, in its transaction.
 */
final class Enforcer {
  /** Events trimmed in one turn, besides two for each that is appended. */
  private static final int TRIMS_PER_TURN = 1024;

  private final Drafts drafts;
  private final long maxBytes;

  /** Made anew with the writer's statements. */
  private Trimmer trimmer;

  /** Topics that a turn could not trim to their end; trimming goes on in the next. */
  private Set<Topic> overfull = new LinkedHashSet<>();

  private long bytes;
  private boolean trimsAll;

  Enforcer(Drafts drafts, long maxBytes, Trimmer trimmer) {
    this.drafts = drafts;
    this.maxBytes = maxBytes;
    this.trimmer = trimmer;
    for (TopicSummary summary : drafts.summaries().values()) {
      bytes += summary.bytes();
      if (drafts.notTouched(summary).isOverfull()) overfull.add(summary.topic());
    }
  }

  /** Goes on with statements that were made anew. */
  void use(Trimmer trimmer) {
    this.trimmer = trimmer;
  }

  void added(EncodedEvent event) {
    bytes += event.bytes().length;
  }

  /** Gives up the events of a topic through the offset: one of them is damaged. */
  void giveUp(TopicDraft topic, long through) throws SQLException {
    long before = topic.bytes;
    trimmer.giveUp(topic, through);
    bytes += topic.bytes - before;
  }

  private void trim(TopicDraft topic, Trimmer.Rule rule) throws SQLException, DamageException {
    long before = topic.bytes;
    trimmer.trim(topic, rule);
    bytes += topic.bytes - before;
  }

  /** Looks at every topic for events that are too old. */
  void enforceAge(long now) throws SQLException, DamageException {
    trimmer.budget(TRIMS_PER_TURN);
    for (TopicSummary summary : drafts.summaries().values()) {
      if (!trimmer.hasBudget()) break;
      if (!drafts.notTouched(summary).isOutdated(now)) continue;
      trim(drafts.of(summary.topic()), topic -> topic.isOutdated(now) ? RetentionLimit.AGE : null);
    }
  }

  /** Trims what was touched, and what a turn before left, at the end of a turn. */
  void enforceSize(int appended) throws SQLException, DamageException {
    trimmer.budget(TRIMS_PER_TURN + 2 * appended);
    var rest = new LinkedHashSet<Topic>();
    for (Topic topic : overfull) {
      if (drafts.summaries().containsKey(topic)) drafts.of(topic);
    }
    for (TopicDraft topic : drafts.touched()) {
      trim(topic, TopicDraft::exceeded);
      if (topic.isOverfull()) rest.add(topic.topic);
    }
    overfull = rest;
    if (bytes > maxBytes) trimsAll = true;
    if (trimsAll) trimOldestTopics();
  }

  /**
   * Frees a sixteenth of the room, from the topics whose oldest events are the oldest of all, so
   * that looking for them costs little for each event.
   */
  private void trimOldestTopics() throws SQLException, DamageException {
    long enough = maxBytes - maxBytes / 16;
    var oldestFirst = new PriorityQueue<TopicDraft>((a, b) -> Long.compare(a.first, b.first));
    for (TopicSummary summary : drafts.summaries().values()) {
      if (drafts.ifTouched(summary.topic()) != null) continue;
      TopicDraft draft = drafts.notTouched(summary);
      if (draft.hasOlderEvents()) oldestFirst.add(draft);
    }
    for (TopicDraft draft : drafts.touched()) {
      if (draft.hasOlderEvents()) oldestFirst.add(draft);
    }
    while (bytes > enough && trimmer.hasBudget() && !oldestFirst.isEmpty()) {
      TopicDraft oldest = oldestFirst.remove();
      drafts.touch(oldest);
      TopicDraft next = oldestFirst.peek();
      long through = next == null ? Long.MAX_VALUE : next.first;
      long before = bytes - oldest.bytes;
      trim(
          oldest,
          topic ->
              topic.hasOlderEvents() && topic.first < through && before + topic.bytes > enough
                  ? RetentionLimit.ALL_TOPICS
                  : null);
      if (oldest.hasOlderEvents()) oldestFirst.add(oldest);
    }
    trimsAll = bytes > enough && !oldestFirst.isEmpty();
  }

  /** Whether there is work left for another turn. */
  boolean isBehind() {
    return trimsAll || !overfull.isEmpty();
  }

  /** The transaction is about to be forgotten: nothing has happened. */
  void rolledBack() {
    for (TopicDraft draft : drafts.touched()) {
      bytes -= draft.bytes;
      if (draft.committed == null) continue;
      bytes += draft.committed.bytes();
      if (drafts.notTouched(draft.committed).isOverfull()) overfull.add(draft.topic);
    }
    overfull.retainAll(drafts.summaries().keySet());
  }
}
