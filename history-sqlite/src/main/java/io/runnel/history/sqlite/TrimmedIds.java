package io.runnel.history.sqlite;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The last publishers' ids that were trimmed of each topic: who resumes from one of them may have
 * stood elsewhere. Used by the writer, in its transaction.
 */
final class TrimmedIds {
  /** How many a topic remembers. */
  static final int REMEMBERED = 512;

  /** Answers a row if the topic, 1, remembers the hash, 2. */
  static final String FIND = "SELECT 1 FROM trimmed_id WHERE topic = ? AND hash = ?";

  private final PreparedStatement find;
  private final PreparedStatement remember;
  private final PreparedStatement forget;

  TrimmedIds(Statements statements) throws SQLException {
    find = statements.prepare(FIND);
    remember = statements.prepare("REPLACE INTO trimmed_id (topic, slot, hash) VALUES (?, ?, ?)");
    forget = statements.prepare("DELETE FROM trimmed_id WHERE topic = ?");
  }

  boolean contains(TopicDraft topic, String publisherId) throws SQLException {
    if (topic.trimmedIds == 0) return false;
    find.setLong(1, topic.number);
    find.setLong(2, hash(publisherId));
    try (ResultSet row = find.executeQuery()) {
      return row.next();
    }
  }

  void remember(TopicDraft topic, String publisherId) throws SQLException {
    remember.setLong(1, topic.number);
    remember.setLong(2, topic.trimmedIds++ % REMEMBERED);
    remember.setLong(3, hash(publisherId));
    remember.executeUpdate();
  }

  /** Forgets all of a topic's. */
  void forget(long topic) throws SQLException {
    forget.setLong(1, topic);
    forget.executeUpdate();
  }

  /** 64 bits: a collision says "repeats" where nothing did, and costs a gap event too many. */
  static long hash(String id) {
    long hash = 1125899906842597L;
    for (int i = 0; i < id.length(); i++) hash = 31 * hash + id.charAt(i);
    return hash;
  }
}
