package io.runnel.history.sqlite;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.Publication;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Where events are put, one after the other. Used by the writer, in its transaction. */
final class EventTable {
  private final Checksum checksum = new Checksum();
  private final TrimmedIds trimmedIds;
  private final PreparedStatement insert;
  private final PreparedStatement findId;

  EventTable(Statements statements, TrimmedIds trimmedIds) throws SQLException {
    this.trimmedIds = trimmedIds;
    insert =
        statements.prepare(
            "INSERT INTO event (" + EventRow.COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    findId =
        statements.prepare(
            "SELECT place FROM event WHERE topic = ? AND publisher_id = ?"
                + " ORDER BY place DESC LIMIT 1");
  }

  /** Puts an event after the others of its topic. */
  void add(TopicDraft topic, Publication publication, EncodedEvent event) throws SQLException {
    String id = publication.publisherId();
    long same = id == null ? 0 : newest(topic, id);
    new EventRow(
            topic.number, event.offset(), topic.last, same, event.time(), id, publication.body())
        .insert(insert, checksum);
    topic.add(event.offset(), event.time(), event.bytes().length);
    if (publication.isEnd()) topic.completed = true;
  }

  /** The newest event kept under the id; notes whether the id has been there before. */
  private long newest(TopicDraft topic, String publisherId) throws SQLException {
    long newest = 0;
    findId.setLong(1, topic.number);
    findId.setString(2, publisherId);
    try (ResultSet row = findId.executeQuery()) {
      if (row.next()) newest = row.getLong(1);
    }
    if (!topic.repeats) topic.repeats = newest > 0 || trimmedIds.contains(topic, publisherId);
    return newest;
  }
}
