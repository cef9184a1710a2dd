package io.runnel.client;

import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpClient.Version;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The HTTP client of everyone in the process who brings none: one selector thread, and threads that
 * come with work and go after ten seconds without.
 */
final class SharedHttpClient {
  private static final AtomicInteger THREADS = new AtomicInteger();

  /** Where handlers run: daemon threads, because a stream shall not keep a program alive. */
  private static final Executor EXECUTOR =
      new ThreadPoolExecutor(
          0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), threads());

  static final HttpClient INSTANCE =
      HttpClient.newBuilder()
          .version(Version.HTTP_1_1)
          .followRedirects(Redirect.NEVER)
          .connectTimeout(Duration.ofSeconds(10))
          .executor(EXECUTOR)
          .build();

  private SharedHttpClient() {}

  /** Where the tasks of a client's timers run. */
  static Executor executor(HttpClient client) {
    return client.executor().orElseGet(ForkJoinPool::commonPool);
  }

  private static ThreadFactory threads() {
    return task -> {
      var thread = new Thread(task, "runnel-client-" + THREADS.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
