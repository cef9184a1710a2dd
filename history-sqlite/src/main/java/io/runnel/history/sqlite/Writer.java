package io.runnel.history.sqlite;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.Publication;
import io.runnel.engine.Retention;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicCompletedException;
import io.runnel.engine.TopicRules;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The one transaction that is open at a time: what a turn of the history's thread puts into the
 * database.
 *
 * <p>Everything that a transaction changes in memory stands in drafts until it is committed; if it
 * is not, they are thrown away and nothing has happened. Used by the history's thread; only the
 * summaries are read by others.
 */
final class Writer implements AutoCloseable {
  /** Events trimmed in one turn, besides two for each that is appended. */
  private static final int TRIMS_PER_TURN = 1024;

  private static final int KEYS_PER_TURN = 256;

  /** Topics that the hub has forgotten, but of which the last publishers' ids are remembered. */
  private static final int REMEMBERED_TOPICS = 1024;

  private final Connection connection;
  private final Log log;
  private final Statements statements;
  private final TopicRules<Retention> retention;
  private final long maxBytes;
  private final Checksum checksum = new Checksum();

  private final KeyTable.Counts keyCounts = new KeyTable.Counts();

  // Made anew after a failure: the driver closes statements that fail.
  private Trimmer trimmer;
  private KeyTable keys;
  private PreparedStatement begin;
  private PreparedStatement commit;
  private PreparedStatement rollback;
  private PreparedStatement insertEvent;
  private PreparedStatement findId;
  private PreparedStatement findTrimmedId;
  private PreparedStatement writeTopic;
  private PreparedStatement removeTopic;
  private PreparedStatement writeHead;

  /** What is committed; read by any thread. */
  private final Map<Topic, TopicSummary> summaries = new ConcurrentHashMap<>();

  private final Set<Topic> forgotten = new LinkedHashSet<>();

  /** Topics that a turn could not trim to their end; trimming goes on in the next. */
  private Set<Topic> overfull = new LinkedHashSet<>();

  private Head head;
  private long bytes;
  private boolean trimsAll;

  // Of the turn.
  private final Map<Topic, TopicDraft> drafts = new LinkedHashMap<>();
  private final Set<Topic> removed = new LinkedHashSet<>();
  private final List<EncodedEvent> appended = new ArrayList<>();
  private boolean isOpen;
  private long offset;
  private long forgottenThrough;
  private long nextTopic;

  Writer(
      Connection connection,
      Log log,
      Head head,
      Map<Topic, TopicSummary> topics,
      TopicRules<Retention> retention,
      long maxBytes)
      throws SQLException {
    this.connection = connection;
    this.log = log;
    // A commit writes the log, and we synchronise it. SQLite still does so before it is moved.
    Database.execute(connection, "PRAGMA synchronous = NORMAL");
    statements = new Statements(connection);
    this.head = head;
    this.retention = retention;
    this.maxBytes = maxBytes;
    prepare();
    keys.count();
    summaries.putAll(topics);
    for (TopicSummary summary : topics.values()) {
      bytes += summary.bytes();
      if (draftOf(summary).isOverfull()) overfull.add(summary.topic());
    }
  }

  private void prepare() throws SQLException {
    trimmer = new Trimmer(statements);
    keys = new KeyTable(statements, keyCounts);
    begin = statements.prepare("BEGIN IMMEDIATE");
    commit = statements.prepare("COMMIT");
    rollback = statements.prepare("ROLLBACK");
    insertEvent =
        statements.prepare(
            "INSERT INTO event (" + EventRow.COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    findId =
        statements.prepare(
            "SELECT place FROM event WHERE topic = ? AND publisher_id = ?"
                + " ORDER BY place DESC LIMIT 1");
    findTrimmedId = statements.prepare("SELECT 1 FROM trimmed_id WHERE topic = ? AND hash = ?");
    writeTopic = statements.prepare(Database.writeTopic());
    removeTopic = statements.prepare("DELETE FROM topic WHERE number = ?");
    writeHead = statements.prepare(Database.writeHead());
  }

  /** What is committed of each topic. Any thread. */
  Map<Topic, TopicSummary> summaries() {
    return summaries;
  }

  /** What is committed of idempotency keys. Any thread. */
  KeyTable.Counts keyCounts() {
    return keyCounts;
  }

  Head head() {
    return head;
  }

  /** Begins a new epoch, before the first turn. */
  void beginEpoch(String epoch) throws SQLException, IOException {
    head = head.inEpoch(epoch);
    begin.executeUpdate();
    head.write(writeHead, checksum);
    commit.executeUpdate();
    log.sync();
  }

  // ---------------------------------------------------------------- one turn

  private void open() throws SQLException {
    if (isOpen) return;
    begin.executeUpdate();
    isOpen = true;
    offset = head.offset();
    forgottenThrough = head.forgottenThrough();
    nextTopic = head.nextTopic();
  }

  /**
   * Places the publications, all or none.
   *
   * @return where the first of them was kept before; null if they are kept now
   * @throws IllegalStateException if they must be refused; then nothing has happened
   * @throws IllegalArgumentException so too
   */
  @Nullable String append(List<Publication> publications, long now)
      throws SQLException, DamageException {
    open();
    String before = keys.position(publications.get(0), now);
    if (before != null) return before;
    for (Publication publication : publications) {
      TopicDraft draft = drafts.get(publication.topic());
      TopicSummary summary = summaries.get(publication.topic());
      if (draft != null ? draft.completed : summary != null && summary.completed()) {
        throw new TopicCompletedException(publication.topic());
      }
    }
    for (Publication publication : publications) place(publication, now);
    return null;
  }

  private void place(Publication publication, long now) throws SQLException {
    TopicDraft topic = draft(publication.topic());
    EncodedEvent event = publication.placeAt(head.epoch(), ++offset, now);
    byte[] body = publication.body();
    String id = publication.publisherId();
    long same = id == null ? 0 : newest(topic, id);
    new EventRow(topic.number, offset, topic.last, same, now, id, body)
        .insert(insertEvent, checksum);
    topic.add(offset, now, event.bytes().length);
    bytes += event.bytes().length;
    if (publication.isEnd()) topic.completed = true;
    keys.add(publication, now);
    appended.add(event);
  }

  /** The newest event kept under the id; notes whether the id has been there before. */
  private long newest(TopicDraft topic, String publisherId) throws SQLException {
    long newest = 0;
    findId.setLong(1, topic.number);
    findId.setString(2, publisherId);
    try (ResultSet row = findId.executeQuery()) {
      if (row.next()) newest = row.getLong(1);
    }
    if (!topic.repeats) topic.repeats = newest > 0 || wasTrimmed(topic, publisherId);
    return newest;
  }

  private boolean wasTrimmed(TopicDraft topic, String publisherId) throws SQLException {
    if (topic.trimmedIds == 0) return false;
    findTrimmedId.setLong(1, topic.number);
    findTrimmedId.setLong(2, Trimmer.hash(publisherId));
    try (ResultSet row = findTrimmedId.executeQuery()) {
      return row.next();
    }
  }

  private TopicDraft draft(Topic topic) {
    TopicDraft draft = drafts.get(topic);
    if (draft != null) return draft;
    TopicSummary summary = summaries.get(topic);
    removed.remove(topic); // It comes back in the same turn: its row is written anew.
    draft =
        summary != null
            ? draftOf(summary)
            : new TopicDraft(TopicSummary.empty(nextTopic++, topic), true, retention.of(topic));
    drafts.put(topic, draft);
    return draft;
  }

  private TopicDraft draftOf(TopicSummary summary) {
    return new TopicDraft(summary, false, retention.of(summary.topic()));
  }

  /** Looks at every topic for events that are too old, and at the oldest keys. */
  void maintain(long now) throws SQLException, DamageException {
    trimmer.budget(TRIMS_PER_TURN);
    for (TopicSummary summary : summaries.values()) {
      if (!trimmer.hasBudget()) break;
      if (!draftOf(summary).isOutdated(now)) continue;
      open();
      trim(draft(summary.topic()), topic -> topic.isOutdated(now));
    }
    open();
    keys.removeOld(now, KEYS_PER_TURN);
    boolean isIdle = drafts.isEmpty() && removed.isEmpty() && appended.isEmpty();
    if (isIdle && !keys.hasChanged()) rollback();
  }

  /** Forgets a topic of which nothing is kept, but not yet its publishers' last ids. */
  void forget(Topic topic) throws SQLException {
    TopicSummary summary = summaries.get(topic);
    if (summary == null || summary.events() > 0 || drafts.containsKey(topic)) return;
    if (summary.trimmedIds() == 0) {
      remove(summary);
      return;
    }
    forgotten.add(topic);
    if (forgotten.size() <= REMEMBERED_TOPICS) return;
    Topic oldest = forgotten.iterator().next();
    forgotten.remove(oldest);
    TopicSummary oldestSummary = summaries.get(oldest);
    if (oldestSummary != null && oldestSummary.events() == 0 && !drafts.containsKey(oldest)) {
      remove(oldestSummary);
    }
  }

  private void remove(TopicSummary summary) throws SQLException {
    open();
    removeTopic.setLong(1, summary.number());
    removeTopic.executeUpdate();
    trimmer.forgetIds(summary.number());
    forgottenThrough = Math.max(forgottenThrough, summary.last());
    removed.add(summary.topic());
  }

  /** Gives up the events of a topic through the offset: one of them is damaged. */
  void giveUp(Topic topic, long through) throws SQLException {
    if (!summaries.containsKey(topic)) return;
    open();
    TopicDraft draft = draft(topic);
    long before = draft.bytes;
    trimmer.giveUp(draft, through);
    bytes += draft.bytes - before;
  }

  // ---------------------------------------------------------------- retention

  private void trim(TopicDraft topic, Trimmer.Rule rule) throws SQLException, DamageException {
    long before = topic.bytes;
    trimmer.trim(topic, rule);
    bytes += topic.bytes - before;
  }

  private void enforceRetention() throws SQLException, DamageException {
    trimmer.budget(TRIMS_PER_TURN + 2 * appended.size());
    var rest = new LinkedHashSet<Topic>();
    for (Topic topic : overfull) {
      if (summaries.containsKey(topic)) draft(topic);
    }
    for (TopicDraft topic : drafts.values()) {
      trim(topic, TopicDraft::isOverfull);
      if (topic.isOverfull()) rest.add(topic.topic);
    }
    overfull = rest;
    if (bytes > maxBytes) trimsAll = true;
    if (trimsAll) trimOldestTopics();
  }

  /**
   * Frees a sixteenth of the room, from the topics whose oldest events are the oldest of all, so
   * that looking for them costs little for each event.
   */
  private void trimOldestTopics() throws SQLException, DamageException {
    long enough = maxBytes - maxBytes / 16;
    var oldestFirst = new PriorityQueue<TopicDraft>((a, b) -> Long.compare(a.first, b.first));
    for (TopicSummary summary : summaries.values()) {
      if (!drafts.containsKey(summary.topic())) {
        TopicDraft draft = draftOf(summary);
        if (draft.hasOlderEvents()) oldestFirst.add(draft);
      }
    }
    for (TopicDraft draft : drafts.values()) {
      if (draft.hasOlderEvents()) oldestFirst.add(draft);
    }
    while (bytes > enough && trimmer.hasBudget() && !oldestFirst.isEmpty()) {
      TopicDraft oldest = oldestFirst.remove();
      drafts.putIfAbsent(oldest.topic, oldest);
      TopicDraft next = oldestFirst.peek();
      long through = next == null ? Long.MAX_VALUE : next.first;
      long before = bytes - oldest.bytes;
      trim(
          oldest,
          topic ->
              topic.hasOlderEvents() && topic.first < through && before + topic.bytes > enough);
      if (oldest.hasOlderEvents()) oldestFirst.add(oldest);
    }
    trimsAll = bytes > enough && !oldestFirst.isEmpty();
  }

  /** Whether retention has work left for another turn. */
  boolean isBehind() {
    return trimsAll || !overfull.isEmpty();
  }

  /** Opens a turn in which nothing but retention goes on. */
  void goOn() throws SQLException {
    open();
  }

  // ---------------------------------------------------------------- the end of a turn

  /**
   * Commits. When this returns, all of it is on disk.
   *
   * @return whether there was anything to commit
   */
  boolean commit() throws SQLException, DamageException, IOException {
    if (!isOpen) return false;
    enforceRetention();
    if (!appended.isEmpty()) keys.makeRoom(appended.get(0).time());
    Head next = nextHead();
    next.write(writeHead, checksum);
    commit.executeUpdate();
    isOpen = false;
    log.sync();
    keys.committed();
    head = next;
    for (TopicDraft draft : drafts.values()) summaries.put(draft.topic, draft.summary());
    summaries.keySet().removeAll(removed);
    return true;
  }

  private Head nextHead() throws SQLException {
    int topicsChecksum = head.topicsChecksum();
    long topics = head.topics();
    for (TopicDraft draft : drafts.values()) {
      TopicSummary summary = draft.summary();
      if (draft.committed == null) topics++;
      else topicsChecksum ^= draft.committed.checksum(checksum);
      topicsChecksum ^= Database.writeTopic(writeTopic, summary, checksum);
    }
    for (Topic topic : removed) {
      TopicSummary summary = summaries.get(topic);
      if (summary == null) continue;
      topics--;
      topicsChecksum ^= summary.checksum(checksum);
    }
    return new Head(
        head.epoch(),
        offset,
        head.epochBegan(),
        forgottenThrough,
        nextTopic,
        topics,
        topicsChecksum);
  }

  /** The events that the turn appended, in order. */
  List<EncodedEvent> appended() {
    return appended;
  }

  /** The topics that the turn touched. */
  Iterable<TopicDraft> touched() {
    return drafts.values();
  }

  /** Forgets the turn. */
  void clear() {
    drafts.clear();
    removed.clear();
    appended.clear();
    keys.clear();
  }

  /** Goes on after a turn that failed and was taken back. */
  void recover() throws SQLException {
    statements.close();
    prepare();
  }

  /** Takes the turn back: nothing has happened. */
  void rollback() {
    if (isOpen) {
      try {
        rollback.executeUpdate();
      } catch (SQLException e) {
        // The database took it back by itself.
      }
    }
    isOpen = false;
    for (TopicDraft draft : drafts.values()) {
      bytes -= draft.bytes;
      if (draft.committed == null) continue;
      bytes += draft.committed.bytes();
      if (draftOf(draft.committed).isOverfull()) overfull.add(draft.topic);
    }
    overfull.retainAll(summaries.keySet());
    clear();
  }

  /** Moves what is committed from the log to the database's file; whether readers allowed all. */
  boolean checkpoint() throws SQLException {
    return Database.moveLog(connection);
  }

  long logFileBytes() throws IOException {
    return log.bytes();
  }

  @Override
  public void close() throws SQLException, IOException {
    log.close();
    connection.close();
  }
}
