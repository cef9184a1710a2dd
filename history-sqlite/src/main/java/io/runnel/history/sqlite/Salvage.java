package io.runnel.history.sqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/**
 * Moves what is intact of a damaged database into a new file: of each topic the newest events that
 * are intact, back to the first that is damaged or missing, and the idempotency keys under which
 * they were published. The damaged file stays beside it, under the name {@code damaged.db}, until
 * there is another.
 *
 * <p>Takes as long as copying takes.
 */
final class Salvage {
  private final Path damaged;
  private final Path salvaged;
  private final Head newHead;
  private final Checksum checksum = new Checksum();
  private long events;
  private long topics;
  private long keys;
  private int topicsChecksum;
  private long lastOffset;
  private long nextTopic = 1;

  private Salvage(Path damaged, Path salvaged, Head newHead) {
    this.damaged = damaged;
    this.salvaged = salvaged;
    this.newHead = newHead;
  }

  /** Of the database in this file; what is salvaged gets this head's epoch. */
  static Salvage of(Path file, Head newHead) {
    return new Salvage(file, file.resolveSibling("salvaged.db"), newHead);
  }

  /** Does it, and says what came of it. */
  String run() throws SQLException, IOException {
    delete(salvaged);
    try (Connection to = Database.openWriter(salvaged, newHead)) {
      copy(to);
    }
    Path aside = damaged.resolveSibling("damaged.db");
    delete(aside);
    Files.createLink(aside, damaged);
    moveLog("-wal", aside);
    Files.deleteIfExists(sibling(damaged, "-shm"));
    Files.move(
        salvaged, damaged, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    return events
        + " events of "
        + topics
        + " topics and "
        + keys
        + " idempotency keys were intact; the damaged file is "
        + aside;
  }

  private void moveLog(String suffix, Path aside) throws IOException {
    Path log = sibling(damaged, suffix);
    if (Files.exists(log)) {
      Files.move(log, sibling(aside, suffix), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static void delete(Path file) throws IOException {
    for (String suffix : List.of("", "-wal", "-shm")) Files.deleteIfExists(sibling(file, suffix));
  }

  private static Path sibling(Path file, String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }

  private void copy(Connection to) throws SQLException, IOException {
    Database.execute(to, "PRAGMA wal_autocheckpoint = 4000");
    Database.execute(to, "BEGIN IMMEDIATE");
    try (var from = new DamagedDatabase(damaged)) {
      copy(from, to);
    } catch (SQLException e) {
      if (!Database.isDamage(e)) throw e;
      // Nothing can be read: what was copied so far is what there is.
    }
    var head =
        new Head(
            newHead.epoch(), lastOffset, lastOffset, lastOffset, nextTopic, topics, topicsChecksum);
    try (PreparedStatement statement = to.prepareStatement(Database.writeHead())) {
      head.write(statement, checksum);
    }
    Database.execute(to, "COMMIT");
  }

  private void copy(DamagedDatabase from, Connection to) throws SQLException, IOException {
    List<TopicSummary> intact = from.topics();
    var keySalvage = new KeySalvage(hasAllTopics(from, intact));
    try (var eventSalvage = new EventSalvage(to)) {
      for (TopicSummary topic : intact) eventSalvage.copyNewest(from, topic);
      eventSalvage.copyRest(damaged);
      for (TopicSummary topic : intact) {
        TopicSummary kept = eventSalvage.follow(topic);
        keySalvage.salvaged(topic, kept);
        add(to, kept);
        lastOffset = Math.max(lastOffset, topic.last());
      }
    }
    keys = keySalvage.copy(from, to);
  }

  private boolean hasAllTopics(DamagedDatabase from, List<TopicSummary> intact)
      throws SQLException {
    int checksums = 0;
    for (TopicSummary topic : intact) checksums ^= topic.checksum(checksum);
    try {
      Head head = from.head();
      lastOffset = head.offset();
      return head.topics() == intact.size() && head.topicsChecksum() == checksums;
    } catch (DamageException e) {
      return false;
    }
  }

  private void add(Connection to, TopicSummary kept) throws SQLException {
    try (PreparedStatement statement = to.prepareStatement(Database.writeTopic())) {
      topicsChecksum ^= Database.writeTopic(statement, kept, checksum);
    }
    topics++;
    events += kept.events();
    nextTopic = Math.max(nextTopic, kept.number() + 1);
  }
}
