package io.runnel.history.sqlite;

import io.runnel.engine.Topic;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What can be read of a database of which pages are damaged, or gone because its file was cut off.
 * Checksums say what is intact; SQLite only says, and not always, which pages are none.
 *
 * <p>Used by one thread.
 */
final class DamagedDatabase implements AutoCloseable {
  private static final long ALL = Long.MAX_VALUE;

  private final Connection connection;
  private final Checksum checksum = new Checksum();

  /** Takes what was read. */
  interface Taker<T> {
    void take(long number, T row) throws SQLException;
  }

  private interface RowReader<T> {
    T read(ResultSet row, Checksum checksum) throws SQLException, DamageException;
  }

  /** Opens it for reading. */
  DamagedDatabase(Path file) throws SQLException {
    connection = Database.openDamaged(file);
  }

  /**
   * What it says of itself.
   *
   * @throws DamageException if that is not intact
   */
  Head head() throws SQLException, DamageException {
    return Database.readHead(connection, checksum);
  }

  /** The topics of which the summary is intact. */
  List<TopicSummary> topics() throws SQLException {
    var topics = new ArrayList<TopicSummary>();
    var numbers = new HashSet<Long>();
    var names = new HashSet<Topic>();
    rows(
        "SELECT " + Database.TOPIC_COLUMNS + " FROM topic",
        Database::readTopic,
        (number, topic) -> {
          // A page that stands in two places has its rows twice.
          if (numbers.add(topic.number()) && names.add(topic.topic())) topics.add(topic);
        });
    return topics;
  }

  /** The idempotency keys that are intact. */
  void keys(Taker<KeyRow> taker) throws SQLException {
    rows(KeyRow.SELECT, KeyRow::read, taker);
  }

  /** From the first row to the first page that is damaged, and from the last row back to one. */
  private <T> void rows(String select, RowReader<T> reader, Taker<T> taker) throws SQLException {
    long through = rows(select + " WHERE number > ? ORDER BY number", 0, reader, taker);
    if (through < ALL) {
      rows(select + " WHERE number > ? ORDER BY number DESC", through, reader, taker);
    }
  }

  /** Answers the number of the last row that could be read; {@link #ALL} if all could. */
  private <T> long rows(String sql, long after, RowReader<T> reader, Taker<T> taker)
      throws SQLException {
    long number = after;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, after);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          number = row.getLong(1);
          try {
            taker.take(number, reader.read(row, checksum));
          } catch (DamageException e) {
            // Nobody knows what stood there.
          }
        }
      }
      return ALL;
    } catch (SQLException e) {
      if (!Database.isDamage(e)) throw e;
      return number;
    }
  }

  /** A topic's events that are kept, the newest first. */
  Events newestFirst(TopicSummary topic) throws SQLException {
    return new Events(topic);
  }

  /** Events one after the other, up to the first that is damaged. */
  final class Events implements AutoCloseable {
    private final TopicSummary topic;
    private final PreparedStatement statement;
    private @Nullable ResultSet row;

    private Events(TopicSummary topic) throws SQLException {
      this.topic = topic;
      statement =
          connection.prepareStatement(
              "SELECT "
                  + EventRow.COLUMNS
                  + " FROM event WHERE topic = ? AND place <= ? ORDER BY place DESC");
      statement.setLong(1, topic.number());
      statement.setLong(2, topic.last());
    }

    /** The next one; null if there is none, or it is damaged. */
    @Nullable EventRow next() throws SQLException {
      try {
        if (row == null) row = statement.executeQuery();
        if (!row.next()) return null;
        EventRow event = EventRow.read(row, checksum);
        return event.topic() == topic.number() ? event : null;
      } catch (DamageException e) {
        return null;
      } catch (SQLException e) {
        if (Database.isDamage(e)) return null;
        throw e;
      }
    }

    @Override
    public void close() throws SQLException {
      statement.close();
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
