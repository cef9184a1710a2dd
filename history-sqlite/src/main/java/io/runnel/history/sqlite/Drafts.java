package io.runnel.history.sqlite;

import io.runnel.engine.Retention;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicRules;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the history knows of its topics and of its end: as committed, and as it will be once the
 * transaction is committed.
 *
 * <p>Used by the history's thread; only the summaries are read by others.
 */
final class Drafts {
  private final TopicRules<Retention> retention;
  private final Checksum checksum = new Checksum();

  /** What is committed; read by any thread. */
  private final Map<Topic, TopicSummary> summaries = new ConcurrentHashMap<>();

  private Head head;

  // Of the transaction.
  private final Map<Topic, TopicDraft> drafts = new LinkedHashMap<>();
  private final Set<Topic> removed = new LinkedHashSet<>();
  private long offset;
  private long forgottenThrough;
  private long nextTopic;

  Drafts(Head head, Map<Topic, TopicSummary> topics, TopicRules<Retention> retention) {
    this.head = head;
    this.retention = retention;
    summaries.putAll(topics);
  }

  /** The end as committed. */
  Head head() {
    return head;
  }

  /** The topics as committed. */
  Map<Topic, TopicSummary> summaries() {
    return summaries;
  }

  // ---------------------------------------------------------------- a transaction

  void begin() {
    offset = head.offset();
    forgottenThrough = head.forgottenThrough();
    nextTopic = head.nextTopic();
  }

  long nextOffset() {
    return ++offset;
  }

  /** The topic's draft, if the transaction has touched it. */
  @Nullable TopicDraft ifTouched(Topic topic) {
    return drafts.get(topic);
  }

  /** The topic's draft, made now if the transaction has not touched it. */
  TopicDraft of(Topic topic) {
    TopicDraft draft = drafts.get(topic);
    if (draft != null) return draft;
    TopicSummary summary = summaries.get(topic);
    removed.remove(topic); // It comes back in the same turn: its row is written anew.
    draft =
        summary != null
            ? notTouched(summary)
            : new TopicDraft(TopicSummary.empty(nextTopic++, topic), true, retention.of(topic));
    drafts.put(topic, draft);
    return draft;
  }

  /** A draft that is none of the transaction's yet, for asking whether it should be. */
  TopicDraft notTouched(TopicSummary summary) {
    return new TopicDraft(summary, false, retention.of(summary.topic()));
  }

  /** Makes a draft one of the transaction's. */
  void touch(TopicDraft draft) {
    drafts.putIfAbsent(draft.topic, draft);
  }

  void remove(TopicSummary summary) {
    forgottenThrough = Math.max(forgottenThrough, summary.last());
    removed.add(summary.topic());
  }

  boolean isCompleted(Topic topic) {
    TopicDraft draft = drafts.get(topic);
    if (draft != null) return draft.completed;
    TopicSummary summary = summaries.get(topic);
    return summary != null && summary.completed();
  }

  Collection<TopicDraft> touched() {
    return drafts.values();
  }

  boolean isEmpty() {
    return drafts.isEmpty() && removed.isEmpty();
  }

  /** Writes the rows of what was touched; answers the head that belongs to them. */
  Head write(PreparedStatement writeTopic) throws SQLException {
    int topicsChecksum = head.topicsChecksum();
    long topics = head.topics();
    for (TopicDraft draft : drafts.values()) {
      if (draft.committed == null) topics++;
      else topicsChecksum ^= draft.committed.checksum(checksum);
      topicsChecksum ^= Database.writeTopic(writeTopic, draft.summary(), checksum);
    }
    for (Topic topic : removed) {
      TopicSummary summary = summaries.get(topic);
      if (summary == null) continue;
      topics--;
      topicsChecksum ^= summary.checksum(checksum);
    }
    return new Head(
        head.epoch(),
        offset,
        head.epochBegan(),
        forgottenThrough,
        nextTopic,
        topics,
        topicsChecksum);
  }

  /** The transaction is committed, with this head. */
  void committed(Head head) {
    this.head = head;
    for (TopicDraft draft : drafts.values()) summaries.put(draft.topic, draft.summary());
    summaries.keySet().removeAll(removed);
  }

  /** Forgets the transaction. */
  void clear() {
    drafts.clear();
    removed.clear();
  }
}
