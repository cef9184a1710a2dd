package io.runnel.history.sqlite;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * An idempotency key as it is stored: one row for a batch.
 *
 * @param topic the topic that it is the key of
 * @param key the key
 * @param place the position of the first event under it; behind it {@value #OTHER_TOPICS} if events
 *     of other topics follow in its batch. Its epoch is the one in which it was kept: in every
 *     later one the event has the same offset
 * @param fingerprint tells what was published under it from anything else
 * @param time when, in milliseconds since 1970
 */
record KeyRow(String topic, String key, String place, int fingerprint, long time) {
  static final String SELECT =
      "SELECT number, topic, key, id, fingerprint, time, checksum FROM idempotency";

  /** With its number, or with null: then it gets the next one. */
  static final String WRITE =
      "REPLACE INTO idempotency (number, topic, key, id, fingerprint, time, checksum)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?)";

  private static final char OTHER_TOPICS = '+';

  static KeyRow of(
      String topic, String key, String position, boolean spansTopics, int fingerprint, long time) {
    return new KeyRow(
        topic, key, spansTopics ? position + OTHER_TOPICS : position, fingerprint, time);
  }

  /** Reads the row at which the result of {@link #SELECT} stands. */
  static KeyRow read(ResultSet row, Checksum checksum) throws SQLException, DamageException {
    var read = new KeyRow(text(row, 2), text(row, 3), text(row, 4), row.getInt(5), row.getLong(6));
    if (read.checksum(checksum) == row.getInt(7)) return read;
    throw new DamageException("the checksum of an idempotency key is wrong");
  }

  private static String text(ResultSet row, int column) throws SQLException {
    String text = row.getString(column);
    return text == null ? "" : text;
  }

  /** The first parameter of {@link #WRITE}, the number, is the caller's. */
  void write(PreparedStatement statement, Checksum checksum) throws SQLException {
    statement.setString(2, topic);
    statement.setString(3, key);
    statement.setString(4, place);
    statement.setInt(5, fingerprint);
    statement.setLong(6, time);
    statement.setInt(7, checksum(checksum));
    statement.executeUpdate();
  }

  private int checksum(Checksum checksum) {
    return checksum.add(topic).add(key).add(place).add(fingerprint).add(time).take();
  }

  /** Whether its batch has events of other topics, too. */
  boolean spansTopics() {
    return place.charAt(place.length() - 1) == OTHER_TOPICS;
  }

  /** The offset of the first event under it. */
  long offset() {
    int end = place.length() - (spansTopics() ? 1 : 0);
    return Long.parseLong(place, place.indexOf('-') + 1, end, 10);
  }

  /** The position of the first event under it, as it is called in an epoch. */
  String position(String epoch) {
    return epoch + '-' + offset();
  }
}
