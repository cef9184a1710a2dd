package io.runnel.client;

import io.runnel.eventstream.ParserLimits.TooLong;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.Reader;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * An event that is longer than its limit, of which the data is read while it comes ({@link
 * TooLong#STREAM}). What was read of the connection and not of {@link #data()} is bounded: a reader
 * that stops reading stops the socket.
 *
 * <p>To be read by one thread, within {@link StreamListener#largeEvent}.
 */
public final class LargeEvent {
  /** How many characters may wait to be read, before the connection is read no further. */
  private static final int ROOM = 64 << 10;

  private final String type;
  private final String lastEventId;
  private final Runnable wakeStream;
  private final Data data = new Data();
  private final ReentrantLock guard = new ReentrantLock();
  private final Condition changed = guard.newCondition();

  // Guarded by the lock.
  private final Queue<String> pieces = new ArrayDeque<>();
  private int waitingChars;
  private boolean isComplete;
  private boolean isUnwanted;
  private @Nullable ConnectionFailedException cutBy;

  // The turns of the stream.
  private boolean isHandled;

  LargeEvent(String type, String lastEventId, Runnable wakeStream) {
    this.type = type;
    this.lastEventId = lastEventId;
    this.wakeStream = wakeStream;
  }

  /** The event type, as far as it was told before the data; {@code message} if none was. */
  public String type() {
    return type;
  }

  /**
   * The last event ID as of this event, as far as it was told before the data. An {@code id} line
   * behind the data counts as well: afterwards {@link EventSource#lastEventId()} is the right one.
   */
  public String lastEventId() {
    return lastEventId;
  }

  /**
   * The data. Its end ({@code -1}) means that the event is complete. If the connection is lost in
   * the middle, reading throws the {@link ConnectionFailedException} that says why, once what came
   * before is read: then there was no such event, the last event ID has not moved, and after the
   * reconnect a server that keeps its events sends it again, as another {@code LargeEvent}. An
   * interrupt while waiting throws {@link InterruptedIOException}. Closing it skips the rest.
   */
  public Reader data() {
    return data;
  }

  /** Whether more may be added. */
  boolean hasRoom() {
    guard.lock();
    try {
      return isUnwanted || cutBy != null || waitingChars < ROOM;
    } finally {
      guard.unlock();
    }
  }

  void add(String piece) {
    guard.lock();
    try {
      if (isUnwanted || cutBy != null) return;
      pieces.add(piece);
      waitingChars += piece.length();
      changed.signal();
    } finally {
      guard.unlock();
    }
  }

  void complete() {
    guard.lock();
    try {
      isComplete = true;
      changed.signal();
    } finally {
      guard.unlock();
    }
  }

  /** The connection is gone, and with it the rest of the data; no change if it was complete. */
  void cut(ConnectionFailedException cause) {
    guard.lock();
    try {
      if (!isComplete && cutBy == null) cutBy = cause;
      changed.signal();
    } finally {
      guard.unlock();
    }
  }

  boolean isCut() {
    guard.lock();
    try {
      return cutBy != null;
    } finally {
      guard.unlock();
    }
  }

  boolean isHandled() {
    return isHandled;
  }

  void handled() {
    isHandled = true;
    skipTheRest();
  }

  private void skipTheRest() {
    guard.lock();
    try {
      isUnwanted = true;
      pieces.clear();
      waitingChars = 0;
    } finally {
      guard.unlock();
    }
  }

  @Override
  public String toString() {
    return "LargeEvent[type=" + type + ", lastEventId=" + lastEventId + "]";
  }

  /** The pieces, one behind the other. */
  private final class Data extends Reader {
    // The reading thread.
    private String piece = "";
    private int at;
    private boolean isClosed;

    @Override
    public int read(char[] target, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, target.length);
      if (isClosed) throw new IOException("the data of this event was closed");
      if (length == 0) return 0;
      if (at == piece.length() && !nextPiece()) return -1;
      int count = Math.min(length, piece.length() - at);
      piece.getChars(at, at + count, target, offset);
      at += count;
      return count;
    }

    /** False at the end of the data. */
    private boolean nextPiece() throws IOException {
      boolean makesRoom;
      try {
        guard.lockInterruptibly();
      } catch (InterruptedException e) {
        throw interrupted();
      }
      try {
        while (pieces.isEmpty() && !isComplete && cutBy == null) changed.await();
        String next = pieces.poll();
        if (next == null && cutBy != null) throw cutBy;
        if (next == null) return false;
        piece = next;
        at = 0;
        int before = waitingChars;
        waitingChars -= next.length();
        makesRoom = before >= ROOM / 2 && waitingChars < ROOM / 2;
      } catch (InterruptedException e) {
        throw interrupted();
      } finally {
        guard.unlock();
      }
      // Not under the lock: this thread may now take the stream's turn.
      if (makesRoom) wakeStream.run();
      return true;
    }

    @Override
    public boolean ready() {
      guard.lock();
      try {
        return at < piece.length() || !pieces.isEmpty();
      } finally {
        guard.unlock();
      }
    }

    @Override
    public void close() {
      if (isClosed) return;
      isClosed = true;
      skipTheRest();
      wakeStream.run();
    }

    private static InterruptedIOException interrupted() {
      Thread.currentThread().interrupt();
      return new InterruptedIOException("interrupted while waiting for data");
    }
  }
}
