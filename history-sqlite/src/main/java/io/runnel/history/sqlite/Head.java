package io.runnel.history.sqlite;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * What the database says of itself: its one row, written with each commit.
 *
 * @param epoch names this incarnation
 * @param offset the last offset given
 * @param epochBegan the last offset given before this epoch: what is kept from before may have had
 *     successors that are lost
 * @param forgottenThrough no topic that was forgotten had events beyond this offset
 * @param nextTopic the number that the next topic gets
 * @param topics how many topics there are
 * @param topicsChecksum the checksums of all their summaries, XORed
 */
record Head(
    String epoch,
    long offset,
    long epochBegan,
    long forgottenThrough,
    long nextTopic,
    long topics,
    int topicsChecksum) {
  static final String COLUMNS =
      "epoch, place, epoch_began, forgotten, next_topic, topics, topics_checksum, checksum";

  static Head ofEpoch(String epoch) {
    return new Head(epoch, 0, 0, 0, 1, 0, 0);
  }

  Head inEpoch(String epoch) {
    return new Head(epoch, offset, offset, forgottenThrough, nextTopic, topics, topicsChecksum);
  }

  static Head read(ResultSet row, Checksum checksum) throws SQLException, DamageException {
    String epoch = row.getString(1);
    if (epoch == null) throw new DamageException("the database has no epoch");
    var head =
        new Head(
            epoch,
            row.getLong(2),
            row.getLong(3),
            row.getLong(4),
            row.getLong(5),
            row.getLong(6),
            row.getInt(7));
    if (head.checksum(checksum) != row.getInt(8)) {
      throw new DamageException("the checksum of the database's head is wrong");
    }
    return head;
  }

  void write(PreparedStatement statement, Checksum checksum) throws SQLException {
    statement.setString(1, epoch);
    statement.setLong(2, offset);
    statement.setLong(3, epochBegan);
    statement.setLong(4, forgottenThrough);
    statement.setLong(5, nextTopic);
    statement.setLong(6, topics);
    statement.setInt(7, topicsChecksum);
    statement.setInt(8, checksum(checksum));
    statement.executeUpdate();
  }

  private int checksum(Checksum checksum) {
    return checksum
        .add(epoch)
        .add(offset)
        .add(epochBegan)
        .add(forgottenThrough)
        .add(nextTopic)
        .add(topics)
        .add(topicsChecksum)
        .take();
  }
}
