package io.runnel.history.sqlite;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.Topic;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * An event as it stands in the database.
 *
 * <p>It names the event before it in its topic, so that a row that got lost leaves a chain with a
 * missing link, and not silence; and its checksum covers all that it says and where it stands.
 *
 * @param topic the number of its topic
 * @param offset its place
 * @param before the offset of the event before it in its topic; 0 if it is the first
 * @param same the offset of the newest event before it under the same publisher's id that was kept
 *     then; 0 if none
 * @param time when it was published, in milliseconds since 1970
 * @param publisherId the id that its publisher supplied
 * @param body its block without its id; empty for the end of the topic
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared, and the bytes are never written to.
record EventRow(
    long topic,
    long offset,
    long before,
    long same,
    long time,
    @Nullable String publisherId,
    byte[] body) {
  static final String COLUMNS = "topic, place, before, same, time, publisher_id, body, checksum";

  /** Reads the row at which the result stands, of {@link #COLUMNS}. */
  static EventRow read(ResultSet row, Checksum checksum) throws SQLException, DamageException {
    byte[] body = row.getBytes(7);
    var event =
        new EventRow(
            row.getLong(1),
            row.getLong(2),
            row.getLong(3),
            row.getLong(4),
            row.getLong(5),
            row.getString(6),
            body == null ? new byte[0] : body);
    if (event.checksum(checksum) != row.getInt(8)) {
      throw new DamageException("the checksum of event " + event.offset + " is wrong");
    }
    return event;
  }

  void insert(PreparedStatement statement, Checksum checksum) throws SQLException {
    statement.setLong(1, topic);
    statement.setLong(2, offset);
    statement.setLong(3, before);
    statement.setLong(4, same);
    statement.setLong(5, time);
    statement.setString(6, publisherId);
    statement.setBytes(7, body);
    statement.setInt(8, checksum(checksum));
    statement.executeUpdate();
  }

  int checksum(Checksum checksum) {
    return checksum
        .add(topic)
        .add(offset)
        .add(before)
        .add(same)
        .add(time)
        .add(publisherId)
        .add(body)
        .take();
  }

  EncodedEvent event(String epoch, Topic topic) {
    return EncodedEvent.ofBody(epoch, topic, offset, time, publisherId, body);
  }

  /** Bytes of the block as sent, of an event of which only this is known. */
  static long blockBytes(long offset, @Nullable String publisherId, int bodyBytes) {
    if (bodyBytes == 0) return 0;
    long id = publisherId == null ? 9 + digits(offset) : utf8Length(publisherId);
    return "id: \n".length() + id + bodyBytes;
  }

  private static int digits(long offset) {
    int digits = 1;
    for (long rest = offset; rest >= 10; rest /= 10) digits++;
    return digits;
  }

  private static int utf8Length(String text) {
    int length = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      // Each half of a surrogate pair stands for two of its four bytes.
      length += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return length;
  }
}
