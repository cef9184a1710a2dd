package io.runnel.history.sqlite;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.Topic;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * A connection that reads. Everything that one call answers comes from one snapshot of the
 * database, so that events and what is said to be trimmed agree. Used by one thread.
 */
final class Reader implements AutoCloseable {
  private static final int LEAST_BYTES_AT_ONCE = 1024;

  private final Connection connection;
  private final Map<Topic, TopicSummary> summaries;
  private final String epoch;
  private final long epochBegan;
  private final Checksum checksum = new Checksum();
  private final PreparedStatement begin;
  private final PreparedStatement end;
  private final PreparedStatement readTopic;
  private final PreparedStatement readEvents;
  private final PreparedStatement findId;
  private final PreparedStatement findTrimmedId;

  /**
   * What was read.
   *
   * @param trimmedThrough for each topic asked, in order
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed on, never compared.
  record Events(List<EncodedEvent> events, long through, long[] trimmedThrough) {}

  /** Where an id was found; offset 0 if nowhere. */
  record Found(long offset, boolean repeats) {}

  Reader(Path file, Map<Topic, TopicSummary> summaries, Head head) throws SQLException {
    this.summaries = summaries;
    epoch = head.epoch();
    epochBegan = head.epochBegan();
    connection = Database.openReader(file);
    begin = connection.prepareStatement("BEGIN");
    end = connection.prepareStatement("COMMIT");
    readTopic =
        connection.prepareStatement(
            "SELECT " + Database.TOPIC_COLUMNS + " FROM topic WHERE number = ?");
    readEvents = connection.prepareStatement(TopicReader.SQL);
    findId =
        connection.prepareStatement(
            "SELECT "
                + EventRow.COLUMNS
                + " FROM event WHERE topic = ? AND publisher_id = ? ORDER BY place LIMIT 1");
    findTrimmedId = connection.prepareStatement(TrimmedIds.FIND);
  }

  /** Reads as {@link io.runnel.engine.History#read} says. */
  Events read(List<Topic> topics, long after, long through, int maxBytes)
      throws SQLException, DamageException, TopicDamageException {
    begin.executeUpdate();
    try {
      return readSnapshot(topics, after, through, maxBytes);
    } finally {
      end.executeUpdate();
    }
  }

  private Events readSnapshot(List<Topic> topics, long after, long through, int maxBytes)
      throws SQLException, DamageException, TopicDamageException {
    long[] trimmedThrough = new long[topics.size()];
    var missed = new ArrayList<TopicSummary>();
    for (int i = 0; i < trimmedThrough.length; i++) {
      TopicSummary known = summaries.get(topics.get(i));
      if (known == null) continue;
      trimmedThrough[i] = known.trimmedThrough();
      if (known.last() <= after) continue;
      TopicSummary summary = stored(known);
      trimmedThrough[i] = summary.trimmedThrough();
      if (summary.last() > summary.trimmedThrough()) missed.add(summary);
    }
    int atOnce = Math.max(LEAST_BYTES_AT_ONCE, maxBytes / Math.max(1, missed.size()));
    var next = new PriorityQueue<TopicReader>();
    for (TopicSummary summary : missed) {
      var reader = new TopicReader(summary, epoch, readEvents, checksum, after, through, atOnce);
      if (reader.hasNext()) next.add(reader);
    }
    return merge(next, through, maxBytes, trimmedThrough);
  }

  private static Events merge(
      PriorityQueue<TopicReader> next, long through, int maxBytes, long[] trimmedThrough)
      throws SQLException, TopicDamageException {
    var events = new ArrayList<EncodedEvent>();
    for (int size = 0; !next.isEmpty() && size < maxBytes; ) {
      TopicReader reader = next.remove();
      EncodedEvent event = reader.next();
      events.add(event);
      size += event.bytes().length;
      if (reader.hasNext()) next.add(reader);
    }
    long readThrough = next.isEmpty() ? through : events.get(events.size() - 1).offset();
    return new Events(events, readThrough, trimmedThrough);
  }

  /** The summary in the snapshot. */
  private TopicSummary stored(TopicSummary known) throws SQLException, DamageException {
    readTopic.setLong(1, known.number());
    try (ResultSet row = readTopic.executeQuery()) {
      if (row.next()) return Database.readTopic(row, checksum);
    }
    if (known.events() == 0) return known; // It may have been forgotten just now.
    throw new DamageException("topic " + known.topic() + " is missing");
  }

  /** Finds as {@link io.runnel.engine.History#find} says. */
  Found find(List<Topic> topics, String publisherId) throws SQLException, DamageException {
    begin.executeUpdate();
    try {
      return findInSnapshot(topics, publisherId);
    } finally {
      end.executeUpdate();
    }
  }

  private Found findInSnapshot(List<Topic> topics, String publisherId)
      throws SQLException, DamageException {
    long oldest = 0;
    boolean repeats = false;
    for (Topic topic : topics) {
      TopicSummary known = summaries.get(topic);
      if (known == null) continue;
      TopicSummary summary = stored(known);
      EventRow event = oldest(summary, publisherId);
      if (event != null) {
        // It names an older one that should have been found: the index has lost it.
        repeats |= event.same() > summary.trimmedThrough();
        if (oldest == 0 || event.offset() < oldest) oldest = event.offset();
      }
      if (event != null && summary.repeats()) repeats |= summary.trimmedIds() > 0;
      else repeats |= wasTrimmed(summary, publisherId);
    }
    // What followed it in the epoch before may be lost.
    return new Found(oldest, repeats || (oldest > 0 && oldest <= epochBegan));
  }

  private @Nullable EventRow oldest(TopicSummary summary, String publisherId)
      throws SQLException, DamageException {
    findId.setLong(1, summary.number());
    findId.setString(2, publisherId);
    try (ResultSet row = findId.executeQuery()) {
      if (!row.next()) return null;
      EventRow event = EventRow.read(row, checksum);
      if (event.topic() == summary.number() && publisherId.equals(event.publisherId()))
        return event;
      throw new DamageException("the index of publishers' ids names other events");
    }
  }

  private boolean wasTrimmed(TopicSummary summary, String publisherId) throws SQLException {
    if (summary.trimmedIds() == 0) return false;
    findTrimmedId.setLong(1, summary.number());
    findTrimmedId.setLong(2, TrimmedIds.hash(publisherId));
    try (ResultSet row = findTrimmedId.executeQuery()) {
      return row.next();
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
