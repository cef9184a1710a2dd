package io.runnel.hub;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Hears SIGINT (Ctrl-C) and SIGTERM. The first asks the process to stop, the second stops it at
 * once.
 *
 * <p>A shutdown hook alone would not do: the JVM then ends with 130 or 143 although everything went
 * well, and a second Ctrl-C waits for the hook like everybody else. {@code sun.misc.Signal} is what
 * the JDK offers to user code (module {@code jdk.unsupported}); it is called by reflection because
 * javac has a warning about it that cannot be turned off. Where it is missing, or the JVM was told
 * to leave signals alone, a hook takes its place, and ends the process with {@code halt}.
 */
final class StopSignal {
  private final AtomicBoolean asked = new AtomicBoolean();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Runnable onStop;
  private volatile int exitCode;

  private StopSignal(Runnable onStop) {
    this.onStop = onStop;
  }

  /**
   * From now on the first signal runs the action, on a thread of its own. To be called once in a
   * process.
   */
  static StopSignal listen(Runnable onStop) {
    var signal = new StopSignal(onStop);
    try {
      signal.handle("INT", 2);
      signal.handle("TERM", 15);
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      Runtime.getRuntime().addShutdownHook(new Thread(signal::hook, "runnel-stop"));
    }
    return signal;
  }

  /** Hears nothing. */
  static StopSignal never(Runnable onStop) {
    return new StopSignal(onStop);
  }

  /** What was to be done is done, and the process is about to end with this code. */
  void done(int exitCode) {
    this.exitCode = exitCode;
    stopped.countDown();
  }

  private void handle(String name, int number) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> handler = Class.forName("sun.misc.SignalHandler");
    Object ours =
        Proxy.newProxyInstance(
            handler.getClassLoader(),
            new Class<?>[] {handler},
            (proxy, method, args) -> {
              if (method.getName().equals("handle")) heard(number);
              return null;
            });
    Object what = signal.getConstructor(String.class).newInstance(name);
    Method handle = signal.getMethod("handle", signal, handler);
    try {
      // A shell that starts us in the background makes us deaf to Ctrl-C, and the JVM leaves it so.
      handle.invoke(null, what, ours);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException taken) throw taken;
      throw e;
    }
  }

  private void heard(int number) {
    if (asked.compareAndSet(false, true)) onStop.run();
    else Runtime.getRuntime().halt(128 + number);
  }

  /** The JVM is ending, for whatever reason. */
  private void hook() {
    if (stopped.getCount() == 0 || !asked.compareAndSet(false, true)) return;
    onStop.run();
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(exitCode);
  }
}
