package io.runnel.history.sqlite;

import io.runnel.engine.Topic;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/**
 * Moves of each topic the newest events that are intact and follow one another.
 *
 * <p>First all that SQLite finds, from the newest one back. Where that is not all of a topic, what
 * stands in the pages of the file comes to it; then the chain is followed, and what lies behind a
 * hole goes again. Used by one thread.
 */
final class EventSalvage implements AutoCloseable {
  private final PreparedStatement insert;
  private final PreparedStatement newestFirst;
  private final PreparedStatement remove;
  private final Checksum checksum = new Checksum();

  /** Topics of which something is missing, by their numbers. */
  private final Map<Long, TopicSummary> incomplete = new HashMap<>();

  /** Into this database, in the transaction that is open. */
  EventSalvage(Connection to) throws SQLException {
    insert =
        to.prepareStatement(
            "INSERT OR IGNORE INTO event ("
                + EventRow.COLUMNS
                + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    newestFirst =
        to.prepareStatement(
            "SELECT place, before, time, length(body), publisher_id FROM event"
                + " WHERE topic = ? ORDER BY place DESC");
    remove = to.prepareStatement("DELETE FROM event WHERE topic = ? AND place < ?");
  }

  /** Moves a topic's newest events, back to the first that is missing. */
  void copyNewest(DamagedDatabase from, TopicSummary topic) throws SQLException {
    long before = topic.last();
    try (DamagedDatabase.Events events = from.newestFirst(topic)) {
      while (before > topic.trimmedThrough()) {
        EventRow event = events.next();
        if (event == null || event.offset() != before) break;
        event.insert(insert, checksum);
        before = event.before();
      }
    }
    if (before > topic.trimmedThrough()) incomplete.put(topic.number(), topic);
  }

  /** Moves what else there is of topics that are not complete, in whatever order. */
  void copyRest(Path database) throws SQLException, IOException {
    if (incomplete.isEmpty()) return;
    EventPages.read(
        database,
        event -> {
          TopicSummary topic = incomplete.get(event.topic());
          if (topic == null || event.offset() > topic.last()) return;
          if (event.offset() > topic.trimmedThrough()) event.insert(insert, checksum);
        });
  }

  /** Follows the chain from the newest event that is there; answers what is kept of the topic. */
  TopicSummary follow(TopicSummary topic) throws SQLException {
    long last = 0;
    long before = 0;
    long first = 0;
    long firstTime = 0;
    long count = 0;
    long bytes = 0;
    newestFirst.setLong(1, topic.number());
    try (ResultSet row = newestFirst.executeQuery()) {
      while (row.next()) {
        if (count == 0) last = row.getLong(1);
        else if (row.getLong(1) != before) break;
        first = row.getLong(1);
        before = row.getLong(2);
        firstTime = row.getLong(3);
        bytes += EventRow.blockBytes(first, row.getString(5), row.getInt(4));
        count++;
      }
    }
    remove.setLong(1, topic.number());
    remove.setLong(2, first);
    remove.executeUpdate();
    boolean isWhole = !incomplete.containsKey(topic.number());
    // Ids that stood in what is lost are not known: who resumes from one is told so.
    return new TopicSummary(
        topic.number(),
        new Topic(topic.topic().name()),
        count == 0 ? topic.last() : last,
        count == 0 ? topic.last() : Math.max(before, topic.trimmedThrough()),
        first,
        firstTime,
        count,
        bytes,
        topic.completed(),
        topic.repeats() || !isWhole,
        topic.trimmedIds() + (isWhole ? 0 : 1));
  }

  @Override
  public void close() throws SQLException {
    insert.close();
    newestFirst.close();
    remove.close();
  }
}
