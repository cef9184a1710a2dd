package io.runnel.history.sqlite;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.HistoryListener;
import io.runnel.engine.Retention;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Opens the database, and finds out whether it is still the one that it was: if not, a new epoch
 * begins. Reads one row for each topic and its newest event, never all events.
 *
 * <p>It is another one if the {@link Heads} say so: they are missing, they name another epoch or
 * another file, or they know of an event that the database does not have. And it is another one if
 * it was damaged: then what is intact is moved to a new file by {@link Salvage}.
 */
final class Start {
  private static final int EPOCH_LENGTH = 8;
  private static final String EPOCH_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz";

  private final Path file;
  private final Heads heads;
  private final TopicRules<Retention> retention;
  private final long maxBytes;
  private final RandomGenerator random;
  private final Disk disk;
  private final Failure failure;
  private final Checksum checksum = new Checksum();
  private final Map<Topic, EventRow> newest = new HashMap<>();

  Start(
      Path file,
      Heads heads,
      TopicRules<Retention> retention,
      long maxBytes,
      RandomGenerator random,
      Disk disk,
      Failure failure) {
    this.file = file;
    this.heads = heads;
    this.retention = retention;
    this.maxBytes = maxBytes;
    this.random = random;
    this.disk = disk;
    this.failure = failure;
  }

  /** Opens the database for writing, in its epoch. */
  Writer open() throws SQLException, IOException {
    Heads.Witness witness = heads.read();
    boolean isNew = !Files.exists(file);
    Writer writer = null;
    String doubt = null;
    try {
      if (witness != null && witness.isDamaged()) throw new DamageException("found while running");
      writer = load();
    } catch (DamageException e) {
      doubt = "it was damaged: " + e.getMessage();
    } catch (SQLException e) {
      if (!Database.isDamage(e)) throw e;
      doubt = "it was damaged: " + e.getMessage();
    }
    if (writer == null) {
      writer = salvage();
    } else if (isNew) {
      if (witness != null) failure.warn("the database is gone: a new one begins");
    } else {
      doubt = doubt(witness, writer.head());
    }
    if (doubt != null) {
      writer.beginEpoch(newEpoch());
      failure.warn("the database is not what it was, a new epoch begins: " + doubt);
    }
    heads.write(
        new Heads.Witness(
            writer.head().epoch(), writer.head().offset(), Database.inode(file), false));
    heads.sync();
    Database.syncDirectory(file.resolveSibling(""));
    return writer;
  }

  private Writer load() throws SQLException, IOException {
    Connection connection = disk.writer(Database.openWriter(file, Head.ofEpoch(newEpoch())));
    try {
      Head head = Database.readHead(connection, checksum);
      Map<Topic, TopicSummary> topics = Database.readTopics(connection, head, checksum);
      readNewest(connection, topics);
      return new Writer(
          connection, Log.of(file, disk), new Drafts(head, topics, retention), maxBytes);
    } catch (SQLException | IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private Writer salvage() throws SQLException, IOException {
    String kept = Salvage.of(file, Head.ofEpoch(newEpoch())).run();
    failure.warn(kept);
    return load();
  }

  private @Nullable String doubt(Heads.@Nullable Witness witness, Head head) throws IOException {
    if (witness == null) return "nothing witnesses where it ended";
    if (!witness.epoch().equals(head.epoch())) return "another epoch was seen last";
    if (witness.offset() > head.offset()) {
      return "it ends with event " + head.offset() + ", and " + witness.offset() + " was kept";
    }
    return witness.inode() == Database.inode(file) ? null : "it is a copy";
  }

  private void readNewest(Connection connection, Map<Topic, TopicSummary> topics)
      throws SQLException, DamageException {
    newest.clear();
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT " + EventRow.COLUMNS + " FROM event WHERE topic = ? AND place = ?")) {
      for (TopicSummary summary : topics.values()) {
        if (summary.events() == 0) continue;
        statement.setLong(1, summary.number());
        statement.setLong(2, summary.last());
        try (ResultSet row = statement.executeQuery()) {
          if (!row.next()) {
            throw new DamageException("the newest event of topic " + summary.topic() + " is gone");
          }
          newest.put(summary.topic(), EventRow.read(row, checksum));
        }
      }
    }
  }

  /** Tells of every topic. */
  void tell(Writer writer, HistoryListener listener) {
    for (TopicSummary summary : writer.summaries().values()) {
      Topic topic = summary.topic();
      EventRow row = newest.get(topic);
      EncodedEvent event = row == null ? null : row.event(writer.head().epoch(), topic);
      boolean isShown = event != null && !event.isEnd();
      listener.topic(
          topic,
          summary.last(),
          summary.trimmedThrough(),
          isShown ? event : null,
          summary.completed());
    }
  }

  private String newEpoch() {
    var epoch = new StringBuilder(EPOCH_LENGTH);
    for (int i = 0; i < EPOCH_LENGTH; i++) {
      epoch.append(EPOCH_CHARACTERS.charAt(random.nextInt(EPOCH_CHARACTERS.length())));
    }
    return epoch.toString();
  }
}
