package io.runnel.spring;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that do not keep the application alive. */
final class Daemons {
  private Daemons() {}

  static ThreadFactory named(String prefix) {
    var number = new AtomicInteger();
    return task -> {
      var thread = new Thread(task, prefix + number.getAndIncrement());
      thread.setDaemon(true);
      return thread;
    };
  }
}
