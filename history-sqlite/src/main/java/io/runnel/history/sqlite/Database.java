package io.runnel.history.sqlite;

import io.runnel.engine.Topic;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The database's file, its tables, and how connections to it are opened. */
final class Database {
  /** What {@code user_version} says of this schema. */
  private static final int VERSION = 1;

  private static final int BUSY_TIMEOUT_MILLIS = 30_000;
  private static final long MAX_IDLE_LOG_BYTES = 64L << 20;

  private static final String[] SCHEMA = {
    """
    CREATE TABLE head (
      only INTEGER PRIMARY KEY CHECK (only = 1), epoch TEXT, place INTEGER, epoch_began INTEGER,
      forgotten INTEGER, next_topic INTEGER, topics INTEGER, topics_checksum INTEGER,
      checksum INTEGER)""",
    """
    CREATE TABLE topic (
      number INTEGER PRIMARY KEY, name TEXT, last INTEGER, trimmed INTEGER, first INTEGER,
      first_time INTEGER, events INTEGER, bytes INTEGER, flags INTEGER, trimmed_ids INTEGER,
      checksum INTEGER)""",
    // One tree, ordered as it is read and as it is trimmed: a topic's events stand together.
    """
    CREATE TABLE event (
      topic INTEGER, place INTEGER, before INTEGER, same INTEGER, time INTEGER, publisher_id TEXT,
      body BLOB, checksum INTEGER, PRIMARY KEY (topic, place)) WITHOUT ROWID""",
    """
    CREATE INDEX event_publisher_id ON event (topic, publisher_id)
      WHERE publisher_id IS NOT NULL""",
    // For each topic a ring of the last publishers' ids trimmed, by their hashes.
    """
    CREATE TABLE trimmed_id (
      topic INTEGER, slot INTEGER, hash INTEGER, PRIMARY KEY (topic, slot)) WITHOUT ROWID""",
    """
    CREATE TABLE idempotency (
      number INTEGER PRIMARY KEY, topic TEXT, key TEXT, id TEXT, fingerprint INTEGER, time INTEGER,
      checksum INTEGER)""",
    "CREATE UNIQUE INDEX idempotency_key ON idempotency (topic, key)",
    "PRAGMA user_version = " + VERSION,
  };

  static final String TOPIC_COLUMNS =
      "number, name, last, trimmed, first, first_time, events, bytes, flags, trimmed_ids, checksum";

  private Database() {}

  /** The connection that writes; makes the tables if there are none, with this head. */
  static Connection openWriter(Path file, Head head) throws SQLException, IOException {
    Connection connection = connect(file);
    try {
      // A checkpoint in the midst of a commit would make publishers wait: see Checkpoints.
      execute(connection, "PRAGMA journal_mode = WAL");
      execute(connection, "PRAGMA synchronous = FULL");
      execute(connection, "PRAGMA wal_autocheckpoint = 0");
      execute(connection, "PRAGMA journal_size_limit = " + MAX_IDLE_LOG_BYTES);
      execute(connection, "PRAGMA cache_size = -16384");
      int version = number(connection, "PRAGMA user_version");
      if (version == 0) create(connection, head);
      else if (version != VERSION) {
        throw new IOException(file + " was made by another version of Runnel: " + version);
      }
      return connection;
    } catch (SQLException | IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private static void create(Connection connection, Head head) throws SQLException {
    execute(connection, "BEGIN IMMEDIATE");
    for (String statement : SCHEMA) execute(connection, statement);
    try (PreparedStatement statement = connection.prepareStatement(writeHead())) {
      head.write(statement, new Checksum());
    }
    execute(connection, "COMMIT");
  }

  /** A connection that reads, or checkpoints. */
  static Connection openReader(Path file) throws SQLException {
    Connection connection = connect(file);
    execute(connection, "PRAGMA query_only = ON");
    execute(connection, "PRAGMA synchronous = FULL");
    execute(connection, "PRAGMA wal_autocheckpoint = 0");
    return connection;
  }

  /** A connection that reads what it can. */
  static Connection openDamaged(Path file) throws SQLException {
    Connection connection = connect(file);
    // Otherwise SQLite reads nothing at all of a file that is shorter than its first page says.
    execute(connection, "PRAGMA writable_schema = ON");
    execute(connection, "PRAGMA query_only = ON");
    return connection;
  }

  private static Connection connect(Path file) throws SQLException {
    var config = new SQLiteConfig();
    config.setBusyTimeout(BUSY_TIMEOUT_MILLIS);
    // Otherwise the driver prepares and runs a SELECT of its own after each INSERT.
    config.setGetGeneratedKeys(false);
    return config.createConnection("jdbc:sqlite:" + file.toAbsolutePath());
  }

  static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Moves the log into the database's file, as far as readers allow; whether that was all. */
  static boolean moveLog(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(PASSIVE)")) {
      return row.next() && row.getInt(1) == 0 && row.getInt(2) == row.getInt(3);
    }
  }

  static int number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getInt(1) : 0;
    }
  }

  static String writeHead() {
    return "REPLACE INTO head (only, " + Head.COLUMNS + ") VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)";
  }

  static Head readHead(Connection connection, Checksum checksum)
      throws SQLException, DamageException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT " + Head.COLUMNS + " FROM head")) {
      if (!row.next()) throw new DamageException("the database has no head");
      return Head.read(row, checksum);
    }
  }

  static TopicSummary readTopic(ResultSet row, Checksum checksum)
      throws SQLException, DamageException {
    long number = row.getLong(1);
    String name = row.getString(2);
    int flags = row.getInt(9);
    try {
      var summary =
          new TopicSummary(
              number,
              new Topic(name == null ? "" : name),
              row.getLong(3),
              row.getLong(4),
              row.getLong(5),
              row.getLong(6),
              row.getLong(7),
              row.getLong(8),
              (flags & 1) != 0,
              (flags & 2) != 0,
              row.getLong(10));
      if (summary.checksum(checksum) == row.getInt(11)) return summary;
    } catch (IllegalArgumentException e) {
      // Not a name that was ever written: said below.
    }
    throw new DamageException("the checksum of topic " + number + " is wrong");
  }

  static String writeTopic() {
    return "REPLACE INTO topic (" + TOPIC_COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  }

  /** Writes the row, and answers its checksum. */
  static int writeTopic(PreparedStatement statement, TopicSummary summary, Checksum checksum)
      throws SQLException {
    int sum = summary.checksum(checksum);
    statement.setLong(1, summary.number());
    statement.setString(2, summary.topic().name());
    statement.setLong(3, summary.last());
    statement.setLong(4, summary.trimmedThrough());
    statement.setLong(5, summary.first());
    statement.setLong(6, summary.firstTime());
    statement.setLong(7, summary.events());
    statement.setLong(8, summary.bytes());
    statement.setInt(9, summary.flags());
    statement.setLong(10, summary.trimmedIds());
    statement.setInt(11, sum);
    statement.executeUpdate();
    return sum;
  }

  /** All topics, of which none may be missing. */
  static Map<Topic, TopicSummary> readTopics(Connection connection, Head head, Checksum checksum)
      throws SQLException, DamageException {
    var topics = new HashMap<Topic, TopicSummary>();
    int checksums = 0;
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT " + TOPIC_COLUMNS + " FROM topic")) {
      while (row.next()) {
        TopicSummary summary = readTopic(row, checksum);
        checksums ^= summary.checksum(checksum);
        topics.put(summary.topic(), summary);
      }
    }
    if (topics.size() != head.topics() || checksums != head.topicsChecksum()) {
      throw new DamageException(
          "the database has " + topics.size() + " topics and should have " + head.topics());
    }
    return topics;
  }

  /** Names the file for as long as it is the same one: a copy has another number. */
  static long inode(Path file) throws IOException {
    try {
      return ((Number) Files.getAttribute(file, "unix:ino")).longValue();
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      return 0;
    }
  }

  /**
   * Makes new names in the directory durable; where directories cannot be synchronised, no more.
   */
  static void syncDirectory(Path directory) {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows has no such thing.
    }
  }

  static boolean isFull(SQLException e) {
    return code(e) == SQLiteErrorCode.SQLITE_FULL;
  }

  /** The index of the log has no room: what was being committed may be in the log all the same. */
  static boolean isIndexFull(SQLException e) {
    return code(e) == SQLiteErrorCode.SQLITE_IOERR_SHMSIZE;
  }

  /** Our statements are fixed, so an error in one of them means that the schema is not ours. */
  static boolean isDamage(SQLException e) {
    return switch (SQLiteErrorCode.getErrorCode(code(e).code & 0xff)) {
      case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT, SQLITE_SCHEMA, SQLITE_ERROR -> true;
      default -> false;
    };
  }

  private static SQLiteErrorCode code(SQLException e) {
    return e instanceof SQLiteException sqlite
        ? sqlite.getResultCode()
        : SQLiteErrorCode.UNKNOWN_ERROR;
  }
}
