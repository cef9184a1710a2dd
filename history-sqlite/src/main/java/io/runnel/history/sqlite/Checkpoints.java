package io.runnel.history.sqlite;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Moves what is committed from the log into the database's file, beside the thread that writes.
 *
 * <p>Whoever reads keeps the log from beginning anew. Our own readings are short, but there may
 * always be one: when the log has grown to {@value #PAUSE_LOGS} times what it should have, they
 * pause. If another program reads for long, it grows to {@value #MOST_LOGS} times, and then {@link
 * #isBlocked}.
 *
 * <p>A log that is written to all the time never comes to an end this way, and grows. So when most
 * of it has been moved here, the writer moves the few pages that came in meanwhile; the log is then
 * begun anew. Publishers wait for these few pages and two syncs, once in {@value #LOG_BYTES} bytes.
 */
final class Checkpoints {
  static final long LOG_BYTES = 16L << 20;

  /** Why nothing can be written. */
  static final String BLOCKED =
      "another program has been reading the database for so long that its log is full";

  /** Pages that a commit writes whatever is in it, and what an event costs beside its bytes. */
  private static final long BYTES_PER_COMMIT = 16 << 10;

  private static final long BYTES_PER_EVENT = 128;

  private static final int PAUSE_LOGS = 4;

  /** So many times its length the log may have before nothing more is written to it. */
  private static final int MOST_LOGS = 16;

  private final Connection connection;
  private final Failure failure;
  private final Shortage shortage;
  private final long maxLogBytes;
  private final Readers readers;
  private final ExecutorService executor =
      Executors.newSingleThreadExecutor(Readers.daemon("runnel-history-checkpoint"));

  // Of the writer's thread.
  private boolean isLong;
  private long logBytes;
  private boolean isMoving;
  private boolean isAllMoved;
  private boolean isBlocked;

  private volatile boolean isMoved;

  Checkpoints(Path file, Readers readers, Failure failure, Shortage shortage, long maxLogBytes)
      throws SQLException {
    connection = Database.openReader(file);
    this.readers = readers;
    this.failure = failure;
    this.shortage = shortage;
    this.maxLogBytes = maxLogBytes;
  }

  /**
   * Makes the log as long as it will have to be, a piece at a time; on the writer's thread, while
   * nobody waits for it.
   *
   * @return whether there is more to do
   */
  boolean prepare(Writer writer) throws IOException {
    // What is written while the log is being moved comes on top.
    isLong = isLong || !writer.log().grow(maxLogBytes + maxLogBytes / 8);
    return !isLong;
  }

  /** After each commit, on the writer's thread. */
  void committed(Writer writer, int events, long bytes)
      throws SQLException, IOException, InterruptedException {
    logBytes += BYTES_PER_COMMIT + events * BYTES_PER_EVENT + bytes + bytes / 4;
    if (isMoved) {
      isMoved = false;
      isMoving = false;
      logBytes = 0;
      moveRest(writer);
    } else if (logBytes > maxLogBytes && !isMoving) {
      isMoving = true;
      executor.execute(this::move);
    }
  }

  private void moveRest(Writer writer) throws SQLException, IOException, InterruptedException {
    isAllMoved = false;
    if (writer.log().bytes() <= PAUSE_LOGS * maxLogBytes) isAllMoved = writer.checkpoint();
    else readers.pause(() -> isAllMoved = writer.checkpoint());
    boolean wasBlocked = isBlocked;
    isBlocked = !isAllMoved && writer.log().bytes() > MOST_LOGS * maxLogBytes;
    if (isBlocked && !wasBlocked) {
      shortage.begins(BLOCKED, "the log has " + writer.log().bytes() + " bytes");
    }
  }

  /**
   * Whether the log is too long and cannot begin anew, so that nothing may be written to it. Asked
   * by the writer's thread.
   */
  boolean isBlocked() {
    return isBlocked;
  }

  /** Tries again whether the log can begin anew, if it could not; on the writer's thread. */
  void retry(Writer writer) throws SQLException, IOException, InterruptedException {
    if (isBlocked) moveRest(writer);
  }

  private void move() {
    try {
      Database.moveLog(connection);
    } catch (SQLException e) {
      // Full: the log grows until there is room, or until it is full itself and says so.
      if (!Database.isFull(e)) failure.becauseOf(e);
    }
    isMoved = true;
  }

  /** Waits for what is going on, and ends. */
  void close() throws SQLException, InterruptedException {
    executor.shutdown();
    if (executor.awaitTermination(1, TimeUnit.MINUTES)) connection.close();
  }
}
