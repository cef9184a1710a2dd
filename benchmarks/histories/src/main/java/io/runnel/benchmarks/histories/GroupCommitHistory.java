package io.runnel.benchmarks.histories;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.History;
import io.runnel.engine.HistoryListener;
import io.runnel.engine.Kept;
import io.runnel.engine.Publication;
import io.runnel.engine.Topic;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A rough rival: all that waits is kept with one sync, then the hub hears of it and publishers are
 * answered, on one thread, as in the history that it stands beside. No publishers' ids, no
 * idempotency keys, no completed topics, no checks for damage, no limit to what waits.
 */
abstract class GroupCommitHistory implements History {
  private static final int MAX_TURN = 4096;
  private static final String EPOCH = "abcdefgh";

  private final BlockingQueue<Publication> waiting = new LinkedBlockingQueue<>();
  private final Thread thread = new Thread(this::run, "rival");
  private volatile boolean closed;
  private @Nullable HistoryListener listener;
  private long offset;

  /** Opens the files; answers the last offset. */
  abstract long open() throws IOException;

  /** Keeps the events: when this returns, they are synchronised. */
  abstract void keep(List<EncodedEvent> events) throws IOException;

  /** Reads events of one topic after an offset, until so many bytes are full. */
  abstract int read(Topic topic, long after, int maxBytes) throws IOException;

  abstract void closeFiles() throws IOException;

  @Override
  public final Opened open(HistoryListener listener) throws IOException {
    this.listener = listener;
    offset = open();
    thread.start();
    return new Opened(EPOCH, offset);
  }

  @Override
  public final void append(Publication publication) {
    waiting.add(publication);
  }

  private void run() {
    var turn = new ArrayList<Publication>();
    var events = new ArrayList<EncodedEvent>();
    try {
      while (!closed) {
        turn.add(waiting.take());
        waiting.drainTo(turn, MAX_TURN);
        long now = System.currentTimeMillis();
        for (Publication publication : turn) {
          events.add(publication.placeAt(EPOCH, ++offset, now));
        }
        keep(events);
        HistoryListener listener = this.listener;
        if (listener == null) throw new IllegalStateException("not open");
        events.forEach(listener::appended);
        listener.wake();
        turn.forEach(publication -> publication.acknowledge(Kept.DISK));
        turn.clear();
        events.clear();
      }
    } catch (InterruptedException e) {
      // It is closed.
    } catch (IOException e) {
      turn.forEach(publication -> publication.refuse(e));
    }
  }

  @Override
  public final void read(
      List<Topic> topics, long after, long through, int maxBytes, ReadAnswer answer) {
    throw new UnsupportedOperationException("see read(Topic, long, int)");
  }

  @Override
  public final void find(List<Topic> topics, String publisherId, FindAnswer answer) {
    throw new UnsupportedOperationException("the rivals have no index of ids");
  }

  @Override
  public final void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join();
      closeFiles();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
