package io.runnel.servlet;

import static java.lang.System.Logger.Level.ERROR;

import java.lang.System.Logger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An {@link EventSource} at work: its {@code onOpen} or {@code onResume} on a thread of its own,
 * then {@code onClose}, which may come while that still runs.
 */
final class SourceTask implements Consumer<StreamEnd> {
  private static final Logger log = System.getLogger(SourceTask.class.getName());

  /** How often a loop may go on sending after it was interrupted. */
  private static final int PATIENCE = 10;

  private final EventSource source;
  private final @Nullable String lastEventId;
  private final EventStreams streams;

  // Guarded by this: the thread is interrupted only while it runs the source.
  private @Nullable Thread thread;

  /** The source's thread only. */
  private int callsAfterTheEnd;

  SourceTask(EventSource source, @Nullable String lastEventId, EventStreams streams) {
    this.source = source;
    this.lastEventId = lastEventId;
    this.streams = streams;
  }

  /** Runs the source on a thread for which a place was reserved. */
  void start(EventSource.Emitter emitter) {
    streams.sources().newThread(() -> run(emitter)).start();
  }

  private void run(EventSource.Emitter emitter) {
    synchronized (this) {
      thread = Thread.currentThread();
    }
    try {
      if (lastEventId == null) source.onOpen(emitter);
      else source.onResume(emitter, lastEventId);
    } catch (StreamEndedError expected) {
      streams.counters.sourcesAbandoned.increment();
    } catch (Throwable failure) {
      // Whatever a source throws ends its stream and nothing else. After the end, it is how a loop
      // left off.
      if (emitter.isOpen()) {
        streams.counters.sourcesFailed.increment();
        log.log(ERROR, source.getClass().getName() + " failed; its stream ends", failure);
      }
      emitter.close();
    } finally {
      synchronized (this) {
        thread = null;
      }
    }
  }

  /** The stream is no longer open: a loop is told so, and the source. Lane. */
  @Override
  public void accept(StreamEnd why) {
    synchronized (this) {
      if (thread != null) thread.interrupt();
    }
    streams.closers().execute(() -> close(why));
  }

  private void close(StreamEnd why) {
    try {
      source.onClose(why);
    } catch (Throwable failure) {
      streams.counters.sourcesFailed.increment();
      log.log(ERROR, source.getClass().getName() + ".onClose failed", failure);
    }
  }

  /** Whether the source is running, on the thread that asks. */
  synchronized boolean isRunningHere() {
    return Thread.currentThread().equals(thread);
  }

  /**
   * A loop that looks neither at {@link Emitter#isOpen} nor at interrupts, as could be written when
   * an emitter threw: it is interrupted again and again, and at last thrown out.
   */
  void calledAfterTheEnd() {
    if (!isRunningHere()) return;
    if (++callsAfterTheEnd > PATIENCE) throw new StreamEndedError();
    Thread.currentThread().interrupt();
  }

  /** Ends a loop that nothing else ends. */
  private static final class StreamEndedError extends Error {
    StreamEndedError() {
      super("the stream has ended, and its loop goes on", null, false, false);
    }
  }
}
