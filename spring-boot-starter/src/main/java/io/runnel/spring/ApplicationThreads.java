package io.runnel.spring;

import java.util.concurrent.RejectedExecutionException;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The threads of {@link Schedulers#parallel()}, where the application sees its streams. An event
 * that comes just while its subscriber cancels is passed over here: {@code publishOn} would log the
 * refusal of those threads as an error, although a client that goes away is none. Safe for any
 * thread.
 */
final class ApplicationThreads implements Scheduler {
  static final ApplicationThreads INSTANCE = new ApplicationThreads();

  private ApplicationThreads() {}

  @Override
  public Disposable schedule(Runnable task) {
    return Schedulers.parallel().schedule(task);
  }

  @Override
  public Worker createWorker() {
    return new OneSubscriber(Schedulers.parallel().createWorker());
  }

  private static final class OneSubscriber implements Worker {
    private final Worker worker;
    private volatile boolean disposed;

    OneSubscriber(Worker worker) {
      this.worker = worker;
    }

    @Override
    public Disposable schedule(Runnable task) {
      try {
        return worker.schedule(task);
      } catch (RejectedExecutionException refused) {
        if (disposed) return Disposables.disposed();
        throw refused;
      }
    }

    @Override
    public void dispose() {
      disposed = true;
      worker.dispose();
    }

    @Override
    public boolean isDisposed() {
      return disposed;
    }
  }
}
