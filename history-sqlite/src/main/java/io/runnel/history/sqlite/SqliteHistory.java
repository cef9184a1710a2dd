package io.runnel.history.sqlite;

import io.runnel.engine.History;
import io.runnel.engine.HistoryBusyException;
import io.runnel.engine.HistoryFailedException;
import io.runnel.engine.HistoryFullException;
import io.runnel.engine.HistoryListener;
import io.runnel.engine.HistoryStatistics;
import io.runnel.engine.Publication;
import io.runnel.engine.Retention;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicRules;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A history on disk, in one SQLite database. What it acknowledges is synchronised, and its epoch
 * outlives the process; a database that was lost, restored, truncated or damaged begins a new one.
 *
 * <p>One thread writes ({@link HistoryThread}). It takes all that waits into one transaction, so
 * that many publications share one sync; when the commit has returned, it tells the listener and
 * acknowledges. Whoever publishes only enters a bounded queue, and is refused with {@link
 * HistoryBusyException} when that is full. Old events are read by two other threads, each with a
 * connection of its own; a fourth moves what is committed from the log into the database's file.
 *
 * <p>After a failed write or sync nothing is acknowledged any more ({@link #failure()}): what the
 * operating system made of the data is not known, and a second sync would hide that. A full disk is
 * no such failure: publications are refused with {@link HistoryFullException} until there is room,
 * and what is kept is read as ever.
 */
public final class SqliteHistory implements History {
  /** The most publications that wait to be kept, and the most bytes of them. */
  static final int MAX_WAITING = 1 << 16;

  static final long MAX_WAITING_BYTES = 64L << 20;

  private final Path file;
  private final TopicRules<Retention> retention;
  private final long maxBytes;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Disk disk;
  private final long maxLogBytes;
  private final Heads heads;
  private final Failure failure;
  private final Shortage shortage;
  private final WaitingRoom waiting = new WaitingRoom(MAX_WAITING, MAX_WAITING_BYTES);
  private volatile @Nullable Running running;
  private volatile boolean closed;

  /** What there is from opening to closing. */
  private record Running(
      Writer writer, Readers readers, Checkpoints checkpoints, HistoryThread thread) {}

  /**
   * A history in a directory, which is made if it is missing.
   *
   * @param retention how much is kept of each topic
   * @param maxBytes the most bytes kept of all topics together, of their blocks as sent
   * @throws IOException if the directory cannot be used, or another process uses it
   */
  public SqliteHistory(
      Path directory,
      TopicRules<Retention> retention,
      long maxBytes,
      InstantSource clock,
      RandomGenerator random)
      throws IOException {
    this(directory, retention, maxBytes, clock, random, Disk.REAL, Checkpoints.LOG_BYTES);
  }

  /** A history whose disk fails as a test wants it to, or whose log is moved sooner. */
  SqliteHistory(
      Path directory,
      TopicRules<Retention> retention,
      long maxBytes,
      InstantSource clock,
      RandomGenerator random,
      Disk disk,
      long maxLogBytes)
      throws IOException {
    if (maxBytes < 1) throw new IllegalArgumentException("history of " + maxBytes + " bytes");
    this.retention = retention;
    this.maxBytes = maxBytes;
    this.clock = clock;
    this.random = random;
    this.disk = disk;
    this.maxLogBytes = maxLogBytes;
    file = directory.resolve("events.db");
    failure = new Failure(directory);
    shortage = new Shortage(failure);
    heads = heads(directory);
  }

  private static Heads heads(Path directory) throws IOException {
    try {
      Files.createDirectories(directory);
      return Heads.open(directory.resolve("heads"));
    } catch (FileSystemException e) {
      throw new IOException(why(e), e);
    }
  }

  /** The JDK often names the file and leaves it at that. */
  private static String why(FileSystemException e) {
    if (e instanceof AccessDeniedException) return "permission denied";
    if (e instanceof FileAlreadyExistsException) return "it is a file and no directory";
    if (e instanceof NoSuchFileException) return "it cannot be made there";
    return String.valueOf(e.getReason() == null ? e.getMessage() : e.getReason());
  }

  @Override
  public synchronized Opened open(HistoryListener listener) throws IOException {
    if (running != null || closed) throw new IllegalStateException("opened twice, or closed");
    try {
      var start = new Start(file, heads, retention, maxBytes, random, disk, failure);
      Writer writer = start.open();
      start.tell(writer, listener);
      Head head = writer.head();
      var readers = new Readers(file, writer, this::damaged, failure);
      var checkpoints = new Checkpoints(file, readers, failure, shortage, maxLogBytes);
      long inode = Database.inode(file);
      var thread =
          new HistoryThread(
              waiting, writer, heads, inode, checkpoints, listener, clock, failure, shortage);
      running = new Running(writer, readers, checkpoints, thread);
      thread.start();
      return new Opened(head.epoch(), head.offset(), head.forgottenThrough());
    } catch (SQLException e) {
      boolean isFull = Database.isFull(e) || Database.isIndexFull(e);
      String why = isFull ? "the disk is full" : e.getMessage();
      throw new IOException(file + " cannot be opened: " + why, e);
    }
  }

  private Running running() {
    Running running = this.running;
    if (running == null) throw new IllegalStateException("not open");
    return running;
  }

  @Override
  public void append(Publication publication) {
    appendAll(List.of(publication));
  }

  @Override
  public void appendAll(List<Publication> publications) {
    running();
    long bytes = 0;
    for (Publication publication : publications) bytes += publication.size();
    var append = new Work.Append(List.copyOf(publications), bytes);
    if (failure.message() != null) append.refuse(failure.exception());
    else if (closed) append.refuse(new HistoryFailedException("the history is closed"));
    else waiting.enter(append);
  }

  @Override
  public void read(List<Topic> topics, long after, long through, int maxBytes, ReadAnswer answer) {
    running().readers.read(List.copyOf(topics), after, through, maxBytes, answer);
  }

  @Override
  public void find(List<Topic> topics, String publisherId, FindAnswer answer) {
    running().readers.find(List.copyOf(topics), publisherId, answer);
  }

  /** Asks the history's thread to look; at most some thousand events go each time. */
  @Override
  public void maintain(Instant now) {
    waiting.maintain(now.toEpochMilli());
  }

  /** A topic that cannot be forgotten now is told to the hub at the next start. */
  @Override
  public void forget(Topic topic) {
    waiting.offer(new Work.Forget(topic));
  }

  @Override
  public @Nullable String failure() {
    return failure.message();
  }

  @Override
  public @Nullable String shortage() {
    return shortage.reason();
  }

  @Override
  public HistoryStatistics statistics() {
    long events = 0;
    long bytes = 0;
    Writer writer = running().writer;
    for (TopicSummary summary : writer.summaries().values()) {
      events += summary.events();
      bytes += summary.bytes();
    }
    long logBytes = bytesOf("events.db-wal");
    KeyTable.Counts keys = writer.keyCounts();
    return new HistoryStatistics(
        events,
        bytes,
        bytesOf("events.db") + logBytes,
        logBytes,
        keys.kept,
        keys.forgottenEarly.sum(),
        waiting.events(),
        shortage.refused(),
        freeBytes(),
        writer.trimmed());
  }

  private long freeBytes() {
    try {
      return disk.room(file);
    } catch (IOException e) {
      return 0; // It will be said by whoever writes next.
    }
  }

  private long bytesOf(String name) {
    return file.resolveSibling(name).toFile().length();
  }

  /** Waits until all that was asked for so far has been done: for tests. */
  void awaitTurn() {
    var done = new CompletableFuture<Boolean>();
    onItsThread(() -> done.complete(true));
    done.join();
  }

  /** Runs a task at the end of a turn: for tests. */
  void onItsThread(Runnable task) {
    waiting.offer(new Work.Barrier(task));
  }

  private void damaged(TopicDamageException damage, Runnable retry, Runnable giveUp) {
    failure.warn("events are damaged and given up: " + damage.getMessage());
    var work = new Work.GiveUp(damage.topic, damage.through, done -> (done ? retry : giveUp).run());
    if (closed || failure.message() != null || !waiting.offer(work)) giveUp.run();
  }

  /** Keeps what waits, and closes the database. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) return;
      closed = true;
    }
    try {
      Running running = this.running;
      if (running != null) {
        waiting.stop();
        running.thread.join();
        running.checkpoints.close();
        running.readers.close();
        running.writer.close();
      }
      heads.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | SQLException e) {
      failure.warn("it could not be closed: " + e.getMessage());
    }
  }
}
