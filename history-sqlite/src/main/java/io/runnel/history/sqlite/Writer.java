package io.runnel.history.sqlite;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.Publication;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicCompletedException;
import io.runnel.engine.TrimCounts;
import io.runnel.engine.TrimStatistics;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The one transaction that is open at a time: what a turn of the history's thread puts into the
 * database.
 *
 * <p>Everything that a transaction changes in memory stands in {@link Drafts} until it is
 * committed; if it is not, they are thrown away and nothing has happened. Used by the history's
 * thread; only the summaries are read by others.
 */
final class Writer implements AutoCloseable {
  private static final int KEYS_PER_TURN = 256;

  /** Topics that the hub has forgotten, but of which the last publishers' ids are remembered. */
  private static final int REMEMBERED_TOPICS = 1024;

  private final Connection connection;
  private final Log log;
  private final Statements statements;
  private final Checksum checksum = new Checksum();
  private final Drafts drafts;
  private final Enforcer enforcer;
  private final KeyTable.Counts keyCounts = new KeyTable.Counts();
  private final Set<Topic> forgotten = new LinkedHashSet<>();

  // Made anew after a failure: the driver closes statements that fail.
  private EventTable events;
  private TrimmedIds trimmedIds;
  private Trimmer trimmer;
  private KeyTable keys;
  private PreparedStatement begin;
  private PreparedStatement commit;
  private PreparedStatement rollback;
  private PreparedStatement writeTopic;
  private PreparedStatement removeTopic;
  private PreparedStatement writeHead;

  /** What is committed of trimming. */
  private final TrimCounts trimCounts = new TrimCounts();

  // Of the turn.
  private final List<EncodedEvent> appended = new ArrayList<>();
  private final TrimCounts trims = new TrimCounts();
  private boolean isOpen;

  Writer(Connection connection, Log log, Drafts drafts, long maxBytes) throws SQLException {
    this.connection = connection;
    this.log = log;
    this.drafts = drafts;
    // A commit writes the log, and we synchronise it. SQLite still does so before it is moved.
    Database.execute(connection, "PRAGMA synchronous = NORMAL");
    statements = new Statements(connection);
    prepare();
    enforcer = new Enforcer(drafts, maxBytes, trimmer);
    keys.count();
  }

  private void prepare() throws SQLException {
    trimmedIds = new TrimmedIds(statements);
    events = new EventTable(statements, trimmedIds);
    keys = new KeyTable(statements, keyCounts);
    trimmer = new Trimmer(statements, trimmedIds, trims);
    begin = statements.prepare("BEGIN IMMEDIATE");
    commit = statements.prepare("COMMIT");
    rollback = statements.prepare("ROLLBACK");
    writeTopic = statements.prepare(Database.writeTopic());
    removeTopic = statements.prepare("DELETE FROM topic WHERE number = ?");
    writeHead = statements.prepare(Database.writeHead());
  }

  /** What is committed of each topic. Any thread. */
  Map<Topic, TopicSummary> summaries() {
    return drafts.summaries();
  }

  /** What is committed of idempotency keys. Any thread. */
  KeyTable.Counts keyCounts() {
    return keyCounts;
  }

  /** What retention has taken, as committed. Any thread. */
  TrimStatistics trimmed() {
    return trimCounts.statistics();
  }

  Head head() {
    return drafts.head();
  }

  /** Begins a new epoch, before the first turn. */
  void beginEpoch(String epoch) throws SQLException, IOException {
    drafts.committed(head().inEpoch(epoch));
    begin.executeUpdate();
    head().write(writeHead, checksum);
    commit.executeUpdate();
    log.sync();
  }

  // ---------------------------------------------------------------- one turn

  /** Opens a turn, if none is open: also for one in which nothing but retention goes on. */
  void open() throws SQLException {
    if (isOpen) return;
    begin.executeUpdate();
    isOpen = true;
    drafts.begin();
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
    String before = keys.position(publications.get(0), head().epoch(), now);
    if (before != null) return before;
    for (Publication publication : publications) {
      Topic topic = publication.topic();
      if (drafts.isCompleted(topic)) throw new TopicCompletedException(topic);
    }
    for (Publication publication : publications) place(publication, now);
    keys.add(publications, now);
    return null;
  }

  private void place(Publication publication, long now) throws SQLException {
    TopicDraft topic = drafts.of(publication.topic());
    EncodedEvent event = publication.placeAt(head().epoch(), drafts.nextOffset(), now);
    events.add(topic, publication, event);
    enforcer.added(event);
    appended.add(event);
  }

  /** Looks at every topic for events that are too old, and at the oldest keys. */
  void maintain(long now) throws SQLException, DamageException {
    open();
    enforcer.enforceAge(now);
    keys.removeOld(now, KEYS_PER_TURN);
    boolean isIdle = drafts.isEmpty() && appended.isEmpty();
    if (isIdle && !keys.hasChanged()) rollback();
  }

  /** Forgets a topic of which nothing is kept, but not yet its publishers' last ids. */
  void forget(Topic topic) throws SQLException {
    TopicSummary summary = withoutEvents(topic);
    if (summary == null) return;
    if (summary.trimmedIds() == 0) {
      remove(summary);
      return;
    }
    forgotten.add(topic);
    if (forgotten.size() <= REMEMBERED_TOPICS) return;
    Topic oldest = forgotten.iterator().next();
    forgotten.remove(oldest);
    TopicSummary oldestSummary = withoutEvents(oldest);
    if (oldestSummary != null) remove(oldestSummary);
  }

  private @Nullable TopicSummary withoutEvents(Topic topic) {
    TopicSummary summary = summaries().get(topic);
    boolean isEmpty = summary != null && summary.events() == 0 && drafts.ifTouched(topic) == null;
    return isEmpty ? summary : null;
  }

  private void remove(TopicSummary summary) throws SQLException {
    open();
    removeTopic.setLong(1, summary.number());
    removeTopic.executeUpdate();
    trimmedIds.forget(summary.number());
    drafts.remove(summary);
  }

  /** Gives up the events of a topic through the offset: one of them is damaged. */
  void giveUp(Topic topic, long through) throws SQLException {
    if (!summaries().containsKey(topic)) return;
    open();
    enforcer.giveUp(drafts.of(topic), through);
  }

  /** Whether retention has work left for another turn. */
  boolean isBehind() {
    return enforcer.isBehind();
  }

  // ---------------------------------------------------------------- the end of a turn

  /**
   * Commits. When this returns, all of it is on disk.
   *
   * @return whether there was anything to commit
   */
  boolean commit() throws SQLException, DamageException, IOException {
    if (!isOpen) return false;
    enforcer.enforceSize(appended.size());
    if (!appended.isEmpty()) keys.makeRoom(appended.get(0).time());
    Head next = drafts.write(writeTopic);
    next.write(writeHead, checksum);
    commit.executeUpdate();
    isOpen = false;
    log.sync();
    keys.committed();
    trimCounts.add(trims);
    drafts.committed(next);
    return true;
  }

  /** The events that the turn appended, in order. */
  List<EncodedEvent> appended() {
    return appended;
  }

  /** The topics that the turn touched. */
  Iterable<TopicDraft> touched() {
    return drafts.touched();
  }

  /** Forgets the turn. */
  void clear() {
    drafts.clear();
    appended.clear();
    keys.clear();
    trims.clear();
  }

  /** Goes on after a turn that failed and was taken back. */
  void recover() throws SQLException {
    statements.close();
    prepare();
    enforcer.use(trimmer);
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
    enforcer.rolledBack();
    clear();
  }

  /** Moves what is committed from the log to the database's file; whether readers allowed all. */
  boolean checkpoint() throws SQLException {
    return Database.moveLog(connection);
  }

  Log log() {
    return log;
  }

  @Override
  public void close() throws SQLException, IOException {
    log.close();
    connection.close();
  }
}
