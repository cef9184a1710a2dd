package io.runnel.engine;

import java.util.function.Consumer;

/**
 * A task that a timer runs again and again, such as {@link Hub#tick()}: a run that fails harms none
 * but itself. Without this a timer of the JDK would never run the task again, and tell nobody.
 *
 * <p>One thread at a time.
 */
public final class RecurringTask implements Runnable {
  /** Of failures in a row the first is reported, and then one of so many. */
  public static final int REPORTED_OF = 60;

  private final Runnable task;
  private final Consumer<? super Throwable> report;
  private int failuresInARow;

  /**
   * A task whose failures are reported, errors as well: to a log, say.
   *
   * @param report what it throws itself is dropped
   */
  public RecurringTask(Runnable task, Consumer<? super Throwable> report) {
    this.task = task;
    this.report = report;
  }

  @Override
  public void run() {
    try {
      task.run();
      failuresInARow = 0;
    } catch (Throwable failure) {
      if (failuresInARow++ % REPORTED_OF == 0) report(failure);
    }
  }

  private void report(Throwable failure) {
    try {
      report.accept(failure);
    } catch (Throwable nobodyHears) {
      // The task goes on all the same.
    }
  }

  /**
   * Does it with each; one with which it fails keeps it from no other.
   *
   * @throws RuntimeException the first failure, when it was done with all
   */
  public static <T> void forEach(Iterable<? extends T> all, Consumer<? super T> task) {
    RuntimeException first = null;
    for (T each : all) {
      try {
        task.accept(each);
      } catch (RuntimeException failure) {
        if (first == null) first = failure;
      }
    }
    if (first != null) throw first;
  }
}
