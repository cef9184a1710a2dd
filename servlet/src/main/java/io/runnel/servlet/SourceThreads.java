package io.runnel.servlet;

import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The threads on which {@link EventSource}s run, a new one for each call, up to a limit.
 *
 * <p>They are virtual from Java 24 on. Before that, one that sleeps in a {@code synchronized}
 * method would hold up a processor (JEP 491), and old code does so.
 *
 * <p>Any thread may call this.
 */
final class SourceThreads {
  private static final int VIRTUAL_WITHOUT_PINNING = 24;

  private final ThreadFactory factory = areVirtual() ? virtualThreads() : platformThreads();
  private final Semaphore free;
  private final int limit;

  SourceThreads(int limit) {
    this.limit = limit;
    free = new Semaphore(limit);
  }

  static boolean areVirtual() {
    return Runtime.version().feature() >= VIRTUAL_WITHOUT_PINNING;
  }

  /** Takes one of the places; false if none is free. */
  boolean reserve() {
    return free.tryAcquire();
  }

  /** Gives a place back that was reserved and is not used. */
  void release() {
    free.release();
  }

  /** How many places are taken. */
  int running() {
    return limit - free.availablePermits();
  }

  /** A thread that runs the task, not yet started, and gives the reserved place back at its end. */
  Thread newThread(Runnable task) {
    return factory.newThread(
        () -> {
          try {
            task.run();
          } finally {
            free.release();
          }
        });
  }

  private static ThreadFactory platformThreads() {
    var number = new AtomicLong();
    return task -> {
      var thread = new Thread(task, "runnel-source-" + number.getAndIncrement());
      thread.setDaemon(true);
      return thread;
    };
  }

  /** {@code Thread.ofVirtual().name("runnel-source-", 0).factory()}, which Java 17 cannot say. */
  private static ThreadFactory virtualThreads() {
    try {
      Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
      Class<?> type = Class.forName("java.lang.Thread$Builder");
      builder =
          type.getMethod("name", String.class, long.class).invoke(builder, "runnel-source-", 0L);
      return (ThreadFactory) type.getMethod("factory").invoke(builder);
    } catch (ClassNotFoundException
        | NoSuchMethodException
        | IllegalAccessException
        | InvocationTargetException e) {
      throw new IllegalStateException("Java " + Runtime.version() + " has no virtual threads", e);
    }
  }
}
