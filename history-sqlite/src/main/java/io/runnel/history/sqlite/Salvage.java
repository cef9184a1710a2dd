package io.runnel.history.sqlite;

import io.runnel.engine.Topic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Moves what is intact of a damaged database into a new file: of each topic the newest events, back
 * to the first that is damaged or missing. The damaged file stays beside it, under the name {@code
 * damaged.db}, until there is another.
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
    return events + " events of " + topics + " topics were intact; the damaged file is " + aside;
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

  private void copy(Connection to) throws SQLException {
    Database.execute(to, "PRAGMA wal_autocheckpoint = 4000");
    Database.execute(to, "BEGIN IMMEDIATE");
    try (Connection from = Database.openReader(damaged)) {
      lastOffset = lastOffset(from);
      for (TopicSummary topic : intactTopics(from)) copy(from, to, topic);
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

  private long lastOffset(Connection from) throws SQLException {
    try {
      return Database.readHead(from, checksum).offset();
    } catch (DamageException e) {
      return 0;
    }
  }

  private List<TopicSummary> intactTopics(Connection from) throws SQLException {
    var intact = new ArrayList<TopicSummary>();
    try (Statement statement = from.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT " + Database.TOPIC_COLUMNS + " FROM topic")) {
      while (row.next()) {
        try {
          intact.add(Database.readTopic(row, checksum));
        } catch (DamageException e) {
          // Nobody knows what stood there.
        }
      }
    } catch (SQLException e) {
      if (!Database.isDamage(e)) throw e;
    }
    return intact;
  }

  private void copy(Connection from, Connection to, TopicSummary topic) throws SQLException {
    long first = 0;
    long firstTime = 0;
    long count = 0;
    long bytes = 0;
    long before = topic.last();
    try (PreparedStatement read =
            from.prepareStatement(
                "SELECT "
                    + EventRow.COLUMNS
                    + " FROM event WHERE topic = ? AND place <= ? ORDER BY place DESC");
        PreparedStatement insert =
            to.prepareStatement(
                "INSERT INTO event (" + EventRow.COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)")) {
      read.setLong(1, topic.number());
      read.setLong(2, topic.last());
      try (ResultSet row = read.executeQuery()) {
        while (before > topic.trimmedThrough() && row.next()) {
          EventRow event = EventRow.read(row, checksum);
          if (event.topic() != topic.number() || event.offset() != before) break;
          event.insert(insert, checksum);
          first = event.offset();
          firstTime = event.time();
          before = event.before();
          count++;
          bytes += EventRow.blockBytes(event.offset(), event.publisherId(), event.body().length);
        }
      } catch (DamageException e) {
        // From here on nothing older is kept.
      } catch (SQLException e) {
        if (!Database.isDamage(e)) throw e;
      }
    }
    boolean isWhole = before <= topic.trimmedThrough();
    add(to, topic, isWhole, new long[] {before, first, firstTime, count, bytes});
  }

  private void add(Connection to, TopicSummary topic, boolean isWhole, long[] kept)
      throws SQLException {
    // Ids that stood in what is lost are not known: who resumes from one is told so.
    var summary =
        new TopicSummary(
            topic.number(),
            new Topic(topic.topic().name()),
            topic.last(),
            isWhole ? topic.trimmedThrough() : kept[0],
            kept[1],
            kept[2],
            kept[3],
            kept[4],
            topic.completed(),
            topic.repeats() || !isWhole,
            topic.trimmedIds() + (isWhole ? 0 : 1));
    try (PreparedStatement statement = to.prepareStatement(Database.writeTopic())) {
      topicsChecksum ^= Database.writeTopic(statement, summary, checksum);
    }
    topics++;
    events += kept[3];
    nextTopic = Math.max(nextTopic, topic.number() + 1);
    lastOffset = Math.max(lastOffset, topic.last());
  }
}
