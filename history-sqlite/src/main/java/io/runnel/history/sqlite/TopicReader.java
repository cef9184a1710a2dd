package io.runnel.history.sqlite;

import io.runnel.engine.EncodedEvent;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Reads one topic forwards, in one snapshot, and sees to it that nothing is missing: each event
 * names the one before it, the summary names the last.
 */
final class TopicReader implements Comparable<TopicReader> {
  private static final int ROWS = 256;

  static final String SQL =
      "SELECT "
          + EventRow.COLUMNS
          + " FROM event WHERE topic = ? AND place > ? ORDER BY place LIMIT "
          + ROWS;

  private final TopicSummary summary;
  private final String epoch;
  private final PreparedStatement statement;
  private final Checksum checksum;
  private final long through;
  private final int bytesAtOnce;
  private final ArrayDeque<EncodedEvent> events = new ArrayDeque<>();

  /** The event up to which everything was read; what was trimmed counts as read. */
  private long position;

  private boolean isFirst = true;
  private boolean isAtEnd;

  /**
   * Begins after an offset.
   *
   * @param summary the topic as it stands in the snapshot
   * @param statement {@link #SQL} on the snapshot's connection
   * @param bytesAtOnce about how much is held in memory
   */
  TopicReader(
      TopicSummary summary,
      String epoch,
      PreparedStatement statement,
      Checksum checksum,
      long after,
      long through,
      int bytesAtOnce) {
    this.summary = summary;
    this.epoch = epoch;
    this.statement = statement;
    this.checksum = checksum;
    this.through = through;
    this.bytesAtOnce = bytesAtOnce;
    position = Math.max(after, summary.trimmedThrough());
  }

  boolean hasNext() throws SQLException, TopicDamageException {
    if (events.isEmpty() && !isAtEnd) fill();
    return !events.isEmpty();
  }

  EncodedEvent next() {
    return events.remove();
  }

  private void fill() throws SQLException, TopicDamageException {
    statement.setLong(1, summary.number());
    statement.setLong(2, position);
    int bytes = 0;
    try (ResultSet row = statement.executeQuery()) {
      while (bytes < bytesAtOnce) {
        if (!row.next()) {
          if (events.isEmpty()) end();
          return;
        }
        EventRow event = intact(row);
        if (!follows(event)) throw damage(event.before(), "events are missing");
        isFirst = false;
        if (event.offset() > through) {
          isAtEnd = true;
          return;
        }
        position = event.offset();
        events.add(event.event(epoch, summary.topic()));
        bytes += event.body().length;
      }
    }
  }

  private void end() throws TopicDamageException {
    isAtEnd = true;
    if (position < summary.last()) throw damage(summary.last(), "the newest events are missing");
  }

  private EventRow intact(ResultSet row) throws SQLException, TopicDamageException {
    try {
      return EventRow.read(row, checksum);
    } catch (DamageException e) {
      throw damage(throughDamage(row), String.valueOf(e.getMessage()));
    }
  }

  private boolean follows(EventRow event) {
    if (event.topic() != summary.number() || event.offset() <= position) return false;
    return isFirst ? event.before() <= position : event.before() == position;
  }

  /** What lies before the next intact event has to be given up, but not that event. */
  private long throughDamage(ResultSet row) throws SQLException {
    while (row.next()) {
      try {
        EventRow event = EventRow.read(row, checksum);
        if (event.before() > position && event.offset() <= summary.last()) return event.before();
      } catch (DamageException e) {
        // The damage is larger.
      }
    }
    return summary.last();
  }

  private TopicDamageException damage(long through, String what) {
    boolean isWithin = through > position && through <= summary.last();
    return new TopicDamageException(summary.topic(), isWithin ? through : summary.last(), what);
  }

  @Override
  public int compareTo(TopicReader other) {
    return Long.compare(head(this), head(other));
  }

  private static long head(TopicReader reader) {
    @Nullable EncodedEvent event = reader.events.peek();
    return event == null ? Long.MAX_VALUE : event.offset();
  }
}
