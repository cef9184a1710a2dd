package io.runnel.spring;

import io.runnel.servlet.EventStreams;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The event streams of an MVC application, and the threads on which callbacks of emitters run: a
 * lane, on which a stream ends, must not wait for one. Safe for any thread.
 */
final class MvcStreams implements StreamDrain, AutoCloseable {
  private static final int CALLBACK_THREADS = 4;

  private final EventStreams streams;
  private final ScheduledThreadPoolExecutor callbacks =
      new ScheduledThreadPoolExecutor(CALLBACK_THREADS, Daemons.named("runnel-callback-"));

  MvcStreams(EventStreams streams) {
    this.streams = streams;
    callbacks.setRemoveOnCancelPolicy(true);
    callbacks.setKeepAliveTime(10, TimeUnit.SECONDS);
    callbacks.allowCoreThreadTimeOut(true);
  }

  EventStreams streams() {
    return streams;
  }

  /** At most one task for each stream: its end. */
  void execute(Runnable callback) {
    try {
      callbacks.execute(callback);
    } catch (RejectedExecutionException stopped) {
      callback.run();
    }
  }

  void startTimeout(long milliseconds, Runnable timedOut) {
    if (milliseconds <= 0) return;
    var unused = callbacks.schedule(timedOut, milliseconds, TimeUnit.MILLISECONDS);
  }

  @Override
  public void drain(Duration over) {
    streams.drain(over);
  }

  @Override
  public int open() {
    return streams.statistics().open();
  }

  @Override
  public long refused() {
    return streams.statistics().refused();
  }

  @Override
  public long slow() {
    return streams.statistics().slow();
  }

  @Override
  public long loggedOut() {
    return streams.statistics().loggedOut();
  }

  @Override
  public void close() {
    callbacks.shutdown();
  }
}
