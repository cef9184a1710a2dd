package io.runnel.history.sqlite;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The database's write-ahead log, as far as it is synchronised by us and not by SQLite.
 *
 * <p>SQLite, as the driver brings it, calls {@code fsync}: this also puts the file's time of change
 * on disk, which costs a commit of the file system's own journal. {@code fdatasync} puts there what
 * the log says and how long it is. What SQLite writes to the database's file it synchronises
 * itself, the log before it.
 *
 * <p>Used by the history's thread.
 */
final class Log implements AutoCloseable {
  private static final int PIECE = 128 << 10;

  /** So many times what is asked for has to be free. */
  private static final int PLENTY = 16;

  private static final long ROOM_FOR_INDEX = 1 << 20;

  private final Path path;
  private final FileChannel file;
  private final Disk disk;

  /** Nothing, to be written; while the file grows. Not of the heap, which a start has to fill. */
  private @Nullable ByteBuffer nothing;

  private Log(Path path, Disk disk) throws IOException {
    this.path = path;
    this.disk = disk;
    file = FileChannel.open(path, StandardOpenOption.WRITE);
  }

  /** The log of a database that is open. */
  static Log of(Path database, Disk disk) throws IOException {
    return new Log(database.resolveSibling(database.getFileName() + "-wal"), disk);
  }

  /** When this returns, all that was committed is on disk. */
  void sync() throws IOException {
    disk.beforeSync();
    file.force(false);
  }

  /**
   * Makes the file a piece longer, with nothing in it, unless it has the length already. Where the
   * log is only written over, a sync has no new length to put on disk, which costs a commit of the
   * file system's journal: the first 16 MiB would be the slowest. Not where room is scarce.
   *
   * @return whether there is more to do
   */
  boolean grow(long length) throws IOException {
    long size = file.size();
    if (size >= length || room() < PLENTY * length) {
      nothing = null;
      return false;
    }
    if (nothing == null) nothing = ByteBuffer.allocateDirect(PIECE);
    ByteBuffer piece = nothing.clear().limit((int) Math.min(PIECE, length - size));
    try {
      while (piece.hasRemaining()) file.write(piece, size + piece.position());
    } catch (IOException e) {
      return false; // If it matters, whoever publishes next hears of it.
    }
    file.force(false);
    return true;
  }

  /**
   * Whether there is room also for its index, which SQLite makes longer as it needs to; none where
   * that is not known.
   */
  boolean hasRoom() {
    try {
      return room() >= ROOM_FOR_INDEX;
    } catch (IOException e) {
      return false;
    }
  }

  /** How many bytes there is room for on its disk. */
  long room() throws IOException {
    return disk.room(path);
  }

  /** How long the file is, which is as long as it ever had to be since it was cut last. */
  long bytes() throws IOException {
    return file.size();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
