package io.runnel.history.sqlite;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

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
  private final FileChannel file;
  private final Disk disk;

  private Log(FileChannel file, Disk disk) {
    this.file = file;
    this.disk = disk;
  }

  /** The log of a database that is open. */
  static Log of(Path database, Disk disk) throws IOException {
    Path log = database.resolveSibling(database.getFileName() + "-wal");
    return new Log(FileChannel.open(log, StandardOpenOption.WRITE), disk);
  }

  /** When this returns, all that was committed is on disk. */
  void sync() throws IOException {
    disk.beforeSync();
    file.force(false);
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
