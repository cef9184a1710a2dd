package io.runnel.history.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/**
 * Moves the idempotency keys of which the events were salvaged: a retry of what is kept must not
 * keep it twice, and a retry of what is lost must not be told that it is kept. Used by one thread.
 */
final class KeySalvage {
  private record Salvaged(TopicSummary before, TopicSummary now) {}

  private final boolean hasAllTopics;
  private final Checksum checksum = new Checksum();
  private final Map<String, Salvaged> topics = new HashMap<>();
  private long lostThrough;
  private long copied;

  /** Of a database that tells of all its topics, or not: then any may have lost events. */
  KeySalvage(boolean hasAllTopics) {
    this.hasAllTopics = hasAllTopics;
    lostThrough = hasAllTopics ? 0 : Long.MAX_VALUE;
  }

  /** What a topic had, and what was salvaged of it. */
  void salvaged(TopicSummary before, TopicSummary now) {
    topics.put(before.topic().name(), new Salvaged(before, now));
    if (now.last() < before.last()) lostThrough = Math.max(lostThrough, before.last());
    else if (now.trimmedThrough() > before.trimmedThrough()) {
      lostThrough = Math.max(lostThrough, now.trimmedThrough());
    }
  }

  /** Moves them, when all topics have been told of; answers how many. */
  long copy(DamagedDatabase from, Connection to) throws SQLException {
    try (PreparedStatement write = to.prepareStatement(KeyRow.WRITE)) {
      from.keys(
          (number, key) -> {
            if (isLost(key)) return;
            write.setLong(1, number);
            key.write(write, checksum);
            copied++;
          });
    }
    return copied;
  }

  private boolean isLost(KeyRow key) {
    long offset = key.offset();
    // Where the others of its batch stood is not known, but that it was behind it.
    if (key.spansTopics() && offset <= lostThrough) return true;
    Salvaged topic = topics.get(key.topic());
    // One that nobody knows any more had been forgotten, as retention had trimmed all of it.
    if (topic == null) return !hasAllTopics;
    if (offset <= topic.before.trimmedThrough()) return false;
    return offset <= topic.now.trimmedThrough() || offset > topic.now.last();
  }
}
