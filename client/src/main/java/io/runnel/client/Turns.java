package io.runnel.client;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * One thread at a time, without a thread: whatever happens (bytes came, a timer is due, a reader
 * wants more) is a task in the mailbox, and the thread that puts a task into an empty mailbox works
 * through it until it is empty again. That is a turn. So what only turns touch needs no lock.
 */
final class Turns {
  private final Queue<Runnable> mailbox = new ConcurrentLinkedQueue<>();
  private final AtomicInteger pending = new AtomicInteger();
  private final Runnable afterTasks;
  private final Consumer<Throwable> whenBroken;

  /**
   * Turns of which none was taken.
   *
   * @param afterTasks runs in each turn, when no task is left
   * @param whenBroken hears, in the turn, what a task or {@code afterTasks} threw
   */
  Turns(Runnable afterTasks, Consumer<Throwable> whenBroken) {
    this.afterTasks = afterTasks;
    this.whenBroken = whenBroken;
  }

  /** Runs the task in a turn: in this thread now, or, if one runs already, in its thread soon. */
  void post(Runnable task) {
    mailbox.add(task);
    if (pending.getAndIncrement() == 0) take();
  }

  /** Takes a turn without a task: what a turn depends on has changed. */
  void wake() {
    post(() -> {});
  }

  private void take() {
    int seen = 1;
    while (seen != 0) {
      try {
        Runnable task;
        while ((task = mailbox.poll()) != null) task.run();
        afterTasks.run();
      } catch (Throwable e) {
        whenBroken.accept(e);
      }
      seen = pending.addAndGet(-seen);
    }
  }
}
