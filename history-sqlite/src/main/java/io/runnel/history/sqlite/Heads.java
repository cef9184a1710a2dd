package io.runnel.history.sqlite;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * What the last process knew of the database, in a file of its own: the witness that tells whether
 * the database is still the one that it was. Also the lock that keeps two processes apart.
 *
 * <p>Written after each commit and not synchronised: it may be older than the database, but it says
 * nothing that had not been on disk before. So a database that knows less has lost something.
 *
 * <p>Written by one thread.
 */
final class Heads implements AutoCloseable {
  private static final int EPOCH_LENGTH = 8;
  private static final int LENGTH = EPOCH_LENGTH + 3 * Long.BYTES + Integer.BYTES;

  private final FileChannel file;
  private final Checksum checksum = new Checksum();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(LENGTH);

  /**
   * What is witnessed.
   *
   * @param epoch the epoch
   * @param offset an offset that was on disk
   * @param inode names the database's file, so that a copy is recognised; 0 where files have none
   * @param isDamaged whether the database was found to be damaged
   */
  record Witness(String epoch, long offset, long inode, boolean isDamaged) {}

  private Heads(FileChannel file) {
    this.file = file;
  }

  /**
   * Opens the file, which is made if it is missing, and locks it.
   *
   * @throws IOException if another process has it, or it cannot be written
   */
  static Heads open(Path path) throws IOException {
    FileChannel file =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      if (file.tryLock() != null) return new Heads(file);
    } catch (OverlappingFileLockException e) {
      // Said below.
    } catch (IOException e) {
      file.close();
      throw e;
    }
    file.close();
    throw new IOException("in use by another hub");
  }

  /** The last witness; null if there is none, or none that can be trusted. */
  @Nullable Witness read() throws IOException {
    buffer.clear();
    while (buffer.hasRemaining() && file.read(buffer, buffer.position()) > 0) {}
    if (buffer.hasRemaining()) return null;
    byte[] epoch = new byte[EPOCH_LENGTH];
    buffer.flip().get(epoch);
    var witness =
        new Witness(
            new String(epoch, US_ASCII), buffer.getLong(), buffer.getLong(), buffer.getLong() != 0);
    return buffer.getInt() == checksum(witness) ? witness : null;
  }

  void write(Witness witness) throws IOException {
    buffer.clear();
    buffer.put(witness.epoch.getBytes(US_ASCII));
    buffer.putLong(witness.offset).putLong(witness.inode).putLong(witness.isDamaged ? 1 : 0);
    buffer.putInt(checksum(witness)).flip();
    while (buffer.hasRemaining()) file.write(buffer, buffer.position());
  }

  void sync() throws IOException {
    file.force(true);
  }

  private int checksum(Witness witness) {
    return checksum
        .add(witness.epoch)
        .add(witness.offset)
        .add(witness.inode)
        .add(witness.isDamaged ? 1 : 0)
        .take();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
