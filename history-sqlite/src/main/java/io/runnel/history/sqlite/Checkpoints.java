package io.runnel.history.sqlite;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Moves what is committed from the log into the database's file, beside the thread that writes.
 *
 * <p>A log that is written to all the time never comes to an end this way, and grows. So when most
 * of it has been moved here, the writer moves the few pages that came in meanwhile; the log is then
 * begun anew. Publishers wait for these few pages and two syncs, once in {@value #LOG_BYTES} bytes.
 */
final class Checkpoints {
  static final long LOG_BYTES = 16L << 20;

  /** Pages that a commit writes whatever is in it, and what an event costs beside its bytes. */
  private static final long BYTES_PER_COMMIT = 16 << 10;

  private static final long BYTES_PER_EVENT = 128;

  private final Connection connection;
  private final Failure failure;
  private final long maxLogBytes;
  private final ExecutorService executor =
      Executors.newSingleThreadExecutor(Readers.daemon("runnel-history-checkpoint"));

  // Of the writer's thread.
  private long logBytes;
  private boolean isMoving;

  private volatile boolean isMoved;

  Checkpoints(Path file, Failure failure, long maxLogBytes) throws SQLException {
    connection = Database.openReader(file);
    this.failure = failure;
    this.maxLogBytes = maxLogBytes;
  }

  /** After each commit, on the writer's thread. */
  void committed(Writer writer, int events, long bytes) throws SQLException {
    logBytes += BYTES_PER_COMMIT + events * BYTES_PER_EVENT + bytes + bytes / 4;
    if (isMoved) {
      isMoved = false;
      isMoving = false;
      logBytes = 0;
      writer.checkpoint();
    } else if (logBytes > maxLogBytes && !isMoving) {
      isMoving = true;
      executor.execute(this::move);
    }
  }

  private void move() {
    try {
      Database.execute(connection, "PRAGMA wal_checkpoint(PASSIVE)");
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
