package io.runnel.spring;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an application wants to be called for of one emitter. One that throws harms nobody else.
 *
 * <p>Any thread; callbacks are called without a lock, on the thread that tells of the event.
 */
final class EmitterCallbacks {
  private static final Logger log = LoggerFactory.getLogger(RunnelEmitter.class);

  // Guarded by this.
  private final List<Runnable> onTimeout = new ArrayList<>(1);
  private final List<Consumer<Throwable>> onError = new ArrayList<>(1);
  private final List<Runnable> onCompletion = new ArrayList<>(1);
  private boolean over;

  synchronized void onTimeout(Runnable callback) {
    onTimeout.add(callback);
  }

  synchronized void onError(Consumer<Throwable> callback) {
    onError.add(callback);
  }

  /** Called at once if it is over already. */
  void onCompletion(Runnable callback) {
    synchronized (this) {
      if (!over) {
        onCompletion.add(callback);
        return;
      }
    }
    callback.run();
  }

  void timedOut() {
    for (Runnable callback : copy(onTimeout)) guarded(callback);
  }

  /**
   * The stream is over; once.
   *
   * @param failure why the client has not got all that was meant for it, or null if it has
   */
  void ended(@Nullable EventStreamEndedException failure) {
    if (failure != null) {
      for (Consumer<Throwable> callback : copy(onError)) guarded(() -> callback.accept(failure));
    }
    List<Runnable> completed;
    synchronized (this) {
      over = true;
      completed = List.copyOf(onCompletion);
    }
    for (Runnable callback : completed) guarded(callback);
  }

  private synchronized <T> List<T> copy(List<T> callbacks) {
    return List.copyOf(callbacks);
  }

  private static void guarded(Runnable callback) {
    try {
      callback.run();
    } catch (RuntimeException | Error e) {
      log.warn("a callback of an event stream failed", e);
    }
  }
}
