import com.launchdarkly.eventsource.ConnectStrategy;
import com.launchdarkly.eventsource.ErrorStrategy;
import com.launchdarkly.eventsource.MessageEvent;
import com.launchdarkly.eventsource.background.BackgroundEventHandler;
import com.launchdarkly.eventsource.background.BackgroundEventSource;
import io.runnel.client.EventHandler;
import io.runnel.client.EventSource;
import io.runnel.eventstream.Event;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.OkHttpClient;

/**
 * One process with many event streams to one hub: what each costs in memory and threads while it is
 * idle, and whether all of them are alive. Run by {@code benchmarks/connections}.
 *
 * <p>Usage: {@code Connections runnel|runnel-small-buffers|okhttp|okhttp-virtual HUB CONNECTIONS}
 */
public final class Connections {
  /** How many connections are being made at once. */
  private static final int AT_ONCE = 100;

  private static final String TOPIC = "connections";

  private final URI stream;
  private final List<AutoCloseable> sources = new ArrayList<>();
  private final Semaphore opened = new Semaphore(0);
  private final Semaphore received = new Semaphore(0);
  private final AtomicInteger interrupted = new AtomicInteger();

  private Connections(URI hub) {
    this.stream = hub.resolve("/events/" + TOPIC);
  }

  public static void main(String[] arguments) throws Exception {
    String kind = arguments[0];
    URI hub = URI.create(arguments[1]);
    int count = Integer.parseInt(arguments[2]);
    var run = new Connections(hub);
    Opener opener =
        switch (kind) {
          case "runnel", "runnel-small-buffers" -> run::runnel;
          case "okhttp" -> run.okHttp();
          case "okhttp-virtual" -> run.okHttpOnVirtualThreads();
          default -> throw new IllegalArgumentException(kind);
        };
    run.measure(kind, hub, count, opener);
    System.exit(0);
  }

  private interface Opener {
    AutoCloseable open() throws Exception;
  }

  private record Holdings(long residentKb, long heapBytes, int threads, long descriptors) {
    static Holdings now() throws Exception {
      for (int i = 0; i < 3; i++) {
        System.gc();
        Thread.sleep(300);
      }
      long resident = 0;
      int threads = 0;
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        String value = line.replaceAll("[^0-9]", "");
        if (line.startsWith("VmRSS:")) resident = Long.parseLong(value);
        if (line.startsWith("Threads:")) threads = Integer.parseInt(value);
      }
      long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
      try (var open = Files.list(Path.of("/proc/self/fd"))) {
        return new Holdings(resident, heap, threads, open.count());
      }
    }
  }

  private void measure(String kind, URI hub, int count, Opener opener) throws Exception {
    // Whatever is loaded once is not a connection's.
    for (int i = 0; i < 100; i++) sources.add(opener.open());
    opened.acquire(100);
    publish(hub);
    received.acquire(100);
    Thread.sleep(1000);
    Holdings before = Holdings.now();
    long start = System.nanoTime();
    for (int i = 0; i < count; i++) {
      if (i >= AT_ONCE) opened.acquire();
      sources.add(opener.open());
    }
    opened.acquire(AT_ONCE);
    double connecting = (System.nanoTime() - start) / 1e9;
    // Longer than threads without work are kept.
    Thread.sleep(15_000);
    Holdings after = Holdings.now();
    long published = System.nanoTime();
    publish(hub);
    boolean all = received.tryAcquire(count + 100, 60, TimeUnit.SECONDS);
    double delivering = (System.nanoTime() - published) / 1e6;
    System.out.printf(
        "%-20s %6d connections in %5.1f s: %7.0f bytes resident, %6.0f bytes of heap, %.3f threads each"
            + " (%d threads in all); one event to all in %.0f ms%s%s%n",
        kind,
        count,
        connecting,
        (after.residentKb() - before.residentKb()) * 1024.0 / count,
        (after.heapBytes() - before.heapBytes()) / (double) count,
        (after.threads() - before.threads()) / (double) count,
        after.threads(),
        delivering,
        all ? "" : ", NOT ALL GOT IT",
        interrupted.get() == 0 ? "" : ", " + interrupted + " were interrupted");
  }

  private void publish(URI hub) throws Exception {
    HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(hub.resolve("/events/" + TOPIC))
                .POST(BodyPublishers.ofString("x"))
                .build(),
            BodyHandlers.discarding());
  }

  private AutoCloseable runnel() {
    return EventSource.to(stream)
        .start(
            new EventHandler() {
              @Override
              public void opened(URI from, HttpHeaders headers) {
                opened.release();
              }

              @Override
              public void event(Event event) {
                received.release();
              }

              @Override
              public void interrupted(
                  io.runnel.client.ConnectionFailedException cause, Duration delay) {
                interrupted.incrementAndGet();
              }
            });
  }

  /** As its README shows it: BackgroundEventSource, all on one OkHttpClient. */
  private Opener okHttp() {
    var client = okHttpClient();
    return () -> {
      var handler =
          new BackgroundEventHandler() {
            @Override
            public void onOpen() {
              opened.release();
            }

            @Override
            public void onMessage(String type, MessageEvent event) {
              if (type.equals("message")) received.release();
            }

            @Override
            public void onClosed() {}

            @Override
            public void onComment(String comment) {}

            @Override
            public void onError(Throwable failure) {
              interrupted.incrementAndGet();
            }
          };
      var source = new BackgroundEventSource.Builder(handler, okHttpBuilder(client)).build();
      source.start();
      return source;
    };
  }

  /** Its pulling interface, with a virtual thread for each connection, where the JDK has them. */
  private Opener okHttpOnVirtualThreads() throws Exception {
    var client = okHttpClient();
    var startVirtualThread = Thread.class.getMethod("startVirtualThread", Runnable.class);
    return () -> {
      var source = okHttpBuilder(client).build();
      Runnable reading =
          () -> {
            try {
              source.start();
              opened.release();
              while (true) {
                if (source.readMessage().getEventName().equals("message")) received.release();
              }
            } catch (Exception e) {
              interrupted.incrementAndGet();
            }
          };
      startVirtualThread.invoke(null, reading);
      return source;
    };
  }

  private static OkHttpClient okHttpClient() {
    return new OkHttpClient.Builder().readTimeout(Duration.ofMinutes(5)).build();
  }

  private com.launchdarkly.eventsource.EventSource.Builder okHttpBuilder(OkHttpClient client) {
    return new com.launchdarkly.eventsource.EventSource.Builder(
            ConnectStrategy.http(stream).httpClient(client))
        .errorStrategy(ErrorStrategy.alwaysContinue());
  }
}
