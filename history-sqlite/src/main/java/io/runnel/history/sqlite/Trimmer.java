package io.runnel.history.sqlite;

import io.runnel.engine.RetentionLimit;
import io.runnel.engine.TrimCounts;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Removes a topic's oldest events. Used by the writer, in its transaction; the work of one turn is
 * bounded by a budget of events.
 */
final class Trimmer {
  private final PreparedStatement oldest;
  private final PreparedStatement remove;
  private final PreparedStatement removeAll;
  private final TrimmedIds trimmedIds;
  private final TrimCounts counts;
  private int budget;

  /** What makes a topic's oldest event go; null if it stays. */
  interface Rule {
    @Nullable RetentionLimit exceeded(TopicDraft topic);
  }

  /** Counts what it removes in the counts of the turn. */
  Trimmer(Statements statements, TrimmedIds trimmedIds, TrimCounts counts) throws SQLException {
    this.trimmedIds = trimmedIds;
    this.counts = counts;
    oldest =
        statements.prepare(
            "SELECT place, time, length(body), publisher_id FROM event"
                + " WHERE topic = ? AND place > ? ORDER BY place LIMIT ?");
    remove = statements.prepare("DELETE FROM event WHERE topic = ? AND place <= ?");
    removeAll = statements.prepare("DELETE FROM event WHERE topic = ?");
  }

  /** How many events may go until the next call. */
  void budget(int events) {
    budget = events;
  }

  boolean hasBudget() {
    return budget > 0;
  }

  /**
   * Removes the topic's oldest events while the rule says so and the budget lasts.
   *
   * @throws DamageException if there are others than there should be
   */
  void trim(TopicDraft topic, Rule rule) throws SQLException, DamageException {
    long before = topic.trimmedThrough;
    RetentionLimit limit = budget <= 0 ? null : rule.exceeded(topic);
    if (limit == null) return;
    oldest.setLong(1, topic.number);
    oldest.setLong(2, topic.trimmedThrough);
    oldest.setInt(3, (int) Math.min(budget, topic.events) + 1);
    try (ResultSet row = oldest.executeQuery()) {
      boolean isRow = row.next();
      while (isRow && budget > 0 && limit != null) {
        if (row.getLong(1) != topic.first) break;
        forget(topic, row, limit);
        isRow = row.next();
        topic.first = isRow ? row.getLong(1) : 0;
        topic.firstTime = isRow ? row.getLong(2) : 0;
        limit = rule.exceeded(topic);
      }
    }
    if (topic.trimmedThrough == before || (topic.events > 0) != (topic.first > 0)) {
      throw new DamageException("topic " + topic.topic + " has other events than it should have");
    }
    remove.setLong(1, topic.number);
    remove.setLong(2, topic.trimmedThrough);
    remove.executeUpdate();
  }

  private void forget(TopicDraft topic, ResultSet row, RetentionLimit limit) throws SQLException {
    String publisherId = row.getString(4);
    topic.trimmedThrough = row.getLong(1);
    long bytes = EventRow.blockBytes(topic.trimmedThrough, publisherId, row.getInt(3));
    topic.events--;
    topic.bytes -= bytes;
    counts.add(limit, 1, bytes);
    budget--;
    if (publisherId != null) trimmedIds.remember(topic, publisherId);
  }

  /**
   * Gives up what is damaged: everything through the offset. What is left is counted anew, since
   * nobody knows what is gone.
   */
  void giveUp(TopicDraft topic, long through) throws SQLException {
    if (through <= topic.trimmedThrough) return;
    if (through >= topic.last) {
      removeAll.setLong(1, topic.number);
      removeAll.executeUpdate();
    } else {
      remove.setLong(1, topic.number);
      remove.setLong(2, through);
      remove.executeUpdate();
    }
    topic.trimmedThrough = Math.min(through, topic.last);
    topic.first = 0;
    topic.firstTime = 0;
    topic.events = 0;
    topic.bytes = 0;
    // Ids that stood in what is lost are not known: who resumes from one is told so.
    topic.repeats = true;
    topic.trimmedIds++;
    countRest(topic);
  }

  private void countRest(TopicDraft topic) throws SQLException {
    oldest.setLong(1, topic.number);
    oldest.setLong(2, topic.trimmedThrough);
    oldest.setInt(3, Integer.MAX_VALUE);
    try (ResultSet row = oldest.executeQuery()) {
      while (row.next()) {
        @Nullable String publisherId = row.getString(4);
        if (topic.first == 0) {
          topic.first = row.getLong(1);
          topic.firstTime = row.getLong(2);
        }
        topic.events++;
        topic.bytes += EventRow.blockBytes(row.getLong(1), publisherId, row.getInt(3));
      }
    }
  }
}
