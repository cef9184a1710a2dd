package io.runnel.history.sqlite;

import io.runnel.engine.History;
import io.runnel.engine.IdempotencyKeyReusedException;
import io.runnel.engine.Publication;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
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
    find =
        statements.prepare(
            "SELECT id, fingerprint, time, checksum FROM idempotency WHERE topic = ? AND key = ?");
    insert =
        statements.prepare(
            "REPLACE INTO idempotency (topic, key, id, fingerprint, time, checksum)"
                + " VALUES (?, ?, ?, ?, ?, ?)");
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
   * @throws IdempotencyKeyReusedException if its key came with something else then
   */
  @Nullable String position(Publication first, long now) throws SQLException, DamageException {
    String key = first.idempotencyKey();
    if (key == null) return null;
    String topic = first.topic().name();
    find.setString(1, topic);
    find.setString(2, key);
    try (ResultSet row = find.executeQuery()) {
      if (!row.next()) return null;
      String position = row.getString(1);
      int fingerprint = row.getInt(2);
      long time = row.getLong(3);
      if (checksum(topic, key, position, fingerprint, time) != row.getInt(4)) {
        throw new DamageException("the checksum of an idempotency key is wrong");
      }
      if (time < oldest(now)) return null;
      if (fingerprint != first.fingerprint()) {
        throw new IdempotencyKeyReusedException(first.topic());
      }
      return position;
    }
  }

  /** Remembers a publication that has its place. */
  void add(Publication publication, long now) throws SQLException {
    String key = publication.idempotencyKey();
    if (key == null) return;
    String topic = publication.topic().name();
    String position = publication.position();
    insert.setString(1, topic);
    insert.setString(2, key);
    insert.setString(3, position);
    insert.setInt(4, publication.fingerprint());
    insert.setLong(5, now);
    insert.setInt(6, checksum(topic, key, position, publication.fingerprint(), now));
    insert.executeUpdate();
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

  private int checksum(
      String topic, String key, @Nullable String position, int fingerprint, long time) {
    return checksum.add(topic).add(key).add(position).add(fingerprint).add(time).take();
  }

  private static long oldest(long now) {
    return now - History.IDEMPOTENCY_KEYS_KEPT.toMillis();
  }
}
