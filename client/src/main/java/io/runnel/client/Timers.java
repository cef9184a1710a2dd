package io.runnel.client;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** Time as a source sees it: what the clocks show, and calls that come later. Any thread. */
interface Timers {
  /** Monotonic nanoseconds, of which only differences mean anything. */
  long nanoTime();

  /** The time of day. */
  Instant now();

  /** Runs the task once, later, unless it is cancelled before. */
  Timer after(Duration delay, Runnable task);

  /** A call that has not come yet. */
  @FunctionalInterface
  interface Timer {
    void cancel();
  }

  /**
   * The JDK's own timer thread, which the whole process shares, says when; the executor runs the
   * task, because a task may call the functions of a caller, which may block.
   */
  static Timers system(Executor executor) {
    return new Timers() {
      @Override
      public long nanoTime() {
        return System.nanoTime();
      }

      @Override
      public Instant now() {
        return Instant.now();
      }

      @Override
      public Timer after(Duration delay, Runnable task) {
        var due = new CompletableFuture<Boolean>();
        var unused = due.thenAccept(run -> runIf(run, executor, task));
        // A century is as good as never, and an overflow is not.
        long nanos = delay.toDays() > 36_500 ? Long.MAX_VALUE : delay.toNanos();
        due.completeOnTimeout(true, nanos, TimeUnit.NANOSECONDS);
        // Completed, not cancelled: only that takes the entry out of the JDK's timer.
        return () -> due.complete(false);
      }
    };
  }

  private static void runIf(boolean run, Executor executor, Runnable task) {
    if (run) executor.execute(task);
  }
}
