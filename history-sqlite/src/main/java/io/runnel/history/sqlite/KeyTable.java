package io.runnel.history.sqlite;

import io.runnel.engine.History;
import io.runnel.engine.IdempotencyKeyReusedException;
import io.runnel.engine.Publication;
import io.runnel.engine.Topic;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The idempotency keys of the last {@link History#IDEMPOTENCY_KEYS_KEPT}, but at most {@value
 * #MOST}: beyond that the oldest are forgotten early. Used by the writer, in its transaction.
 */
final class KeyTable {
  static final int MOST = 1_000_000;

  private final Checksum checksum = new Checksum();
  private final PreparedStatement find;
  private final PreparedStatement insert;
  private final PreparedStatement removeOld;
  private final PreparedStatement span;
  private final Counts counts;

  // Of the turn.
  private int added;
  private int forgotten;
  private int forgottenEarly;

  /** What is committed of keys. Written by the history's thread, read by any. */
  static final class Counts {
    /** How many are remembered at most: one that is used anew after its time counts twice. */
    volatile long kept;

    /** How many were forgotten before their time, as there were too many. */
    final LongAdder forgottenEarly = new LongAdder();
  }

  KeyTable(Statements statements, Counts counts) throws SQLException {
    this.counts = counts;
    find = statements.prepare(KeyRow.SELECT + " WHERE topic = ? AND key = ?");
    insert = statements.prepare(KeyRow.WRITE);
    // Numbers grow with time, so the oldest are the first; a few at a time.
    removeOld =
        statements.prepare(
            "DELETE FROM idempotency WHERE number IN ("
                + "SELECT number FROM"
                + " (SELECT number, time FROM idempotency ORDER BY number LIMIT ?)"
                + " WHERE time < ? OR number <= (SELECT max(number) FROM idempotency) - "
                + MOST
                + ") RETURNING time");
    span = statements.prepare("SELECT max(number) - min(number) + 1 FROM idempotency");
  }

  /** Whether the turn has added or forgotten any. */
  boolean hasChanged() {
    return added + forgotten > 0;
  }

  /** Counts what is committed; by the numbers, which is no scan. */
  void count() throws SQLException {
    try (ResultSet row = span.executeQuery()) {
      counts.kept = row.next() ? row.getLong(1) : 0;
    }
  }

  void committed() throws SQLException {
    if (!hasChanged()) return;
    counts.forgottenEarly.add(forgottenEarly);
    count();
  }

  /** Forgets the turn. */
  void clear() {
    added = 0;
    forgotten = 0;
    forgottenEarly = 0;
  }

  /** Forgets as many as the turn has added, and some more. */
  void makeRoom(long now) throws SQLException {
    if (added > 0) removeOld(now, 2 * added);
  }

  /**
   * Where a publication, the first of its batch, was kept before; null if it was not.
   *
   * @param epoch in which the answer is to be understood, also if it was kept in an earlier one
   * @throws IdempotencyKeyReusedException if its key came with something else then
   */
  @Nullable String position(Publication first, String epoch, long now)
      throws SQLException, DamageException {
    String key = first.idempotencyKey();
    if (key == null) return null;
    String topic = first.topic().name();
    find.setString(1, topic);
    find.setString(2, key);
    try (ResultSet result = find.executeQuery()) {
      if (!result.next()) return null;
      KeyRow row = KeyRow.read(result, checksum);
      if (!row.topic().equals(topic) || !row.key().equals(key)) {
        throw new DamageException("the index of idempotency keys names others");
      }
      if (row.time() < oldest(now)) return null;
      if (row.fingerprint() != first.fingerprint()) {
        throw new IdempotencyKeyReusedException(first.topic());
      }
      return row.position(epoch);
    }
  }

  /** Remembers a batch that has its place, under the key of its first publication. */
  void add(List<Publication> batch, long now) throws SQLException {
    Publication first = batch.get(0);
    String key = first.idempotencyKey();
    if (key == null) return;
    Topic topic = first.topic();
    boolean spansTopics = batch.stream().anyMatch(one -> !one.topic().equals(topic));
    insert.setNull(1, Types.INTEGER);
    KeyRow.of(topic.name(), key, first.position(), spansTopics, first.fingerprint(), now)
        .write(insert, checksum);
    added++;
  }

  /** Forgets some of those that are too old or too many. */
  void removeOld(long now, int limit) throws SQLException {
    removeOld.setInt(1, limit);
    removeOld.setLong(2, oldest(now));
    try (ResultSet row = removeOld.executeQuery()) {
      for (; row.next(); forgotten++) {
        if (row.getLong(1) >= oldest(now)) forgottenEarly++;
      }
    }
  }

  private static long oldest(long now) {
    return now - History.IDEMPOTENCY_KEYS_KEPT.toMillis();
  }
}
