package io.runnel.servlet;

import io.runnel.engine.Hub;
import io.runnel.engine.Topic;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Readers that stall cost the others nothing: ordinary requests are timed in a container of 20
 * threads, with nobody stalled, with many stalled subscribers of ours, and with as many in the list
 * of emitters that tutorials show, which is written to on the thread of the request that publishes.
 *
 * <p>As a command: {@code StalledProof [readers] [container...]}; see docs/servlet.md.
 */
final class StalledProof {
  private static final int THREADS = 20;
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final String NAIVE = "list of emitters";
  private static final String PAYLOAD = "p".repeat(1000);

  private final Container container;
  private final int readers;
  private final Duration patience;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** With so many readers, and so long for the answer to an ordinary request. */
  StalledProof(Container container, int readers, Duration patience) {
    this.container = container;
    this.readers = readers;
    this.patience = patience;
  }

  /**
   * Times of ordinary requests in milliseconds.
   *
   * @param unanswered how many of 200 had no answer in time
   * @param heap bytes used after a collection, more than before the readers came
   */
  record Row(String what, double median, double p99, int unanswered, long heap) {}

  public static void main(String[] args) throws Exception {
    int readers = args.length > 0 ? Integer.parseInt(args[0]) : 500;
    boolean failed = false;
    for (Containers each : Containers.named(args, 1)) {
      System.out.println(each + ", " + THREADS + " threads, " + readers + " stalled readers");
      for (Row row : new StalledProof(each.make(), readers, PATIENCE).run(true)) {
        System.out.printf(
            "  %-28s median %8.2f ms  p99 %8.2f ms  unanswered %3d of 200  heap %+6.1f MiB%n",
            row.what, row.median, row.p99, row.unanswered, row.heap / 1048576.0);
        failed |= !row.what.equals(NAIVE) && row.unanswered > 0;
      }
    }
    System.exit(failed ? 1 : 0);
  }

  List<Row> run(boolean withNaive) throws Exception {
    var rows = new ArrayList<Row>();
    try (Hub hub = Hub.inMemory();
        var streams = new EventStreams(hub, EventStreamsSettings.DEFAULT)) {
      container.start(
          Map.of(
              "/events/*",
              new TopicServlet() {
                @Override
                protected boolean mayPublish(HttpServletRequest request, Topic topic) {
                  return true;
                }
              },
              "/naive",
              new NaiveList(),
              "/plain",
              new Plain()),
          THREADS,
          streams);
      for (int i = 0; i < 300; i++) get("/plain"); // warm
      long heap = usedHeap();
      rows.add(measure("nobody stalled", heap));
      rows.add(stalled("runnel", "/events/stalled", heap));
      Waiting.await(Duration.ofSeconds(90), () -> streams.statistics().open() == 0);
      if (withNaive) rows.add(stalled(NAIVE, "/naive", usedHeap()));
    }
    // The naive list's threads hang in writes, and would hold up a stop in good order.
    if (!withNaive) container.stop();
    return rows;
  }

  /** Lets readers stall on the resource, publishes all the while, and times ordinary requests. */
  private Row stalled(String what, String path, long heapBefore) throws Exception {
    var connections = new ArrayList<RawConnection>();
    var publishing = new AtomicBoolean(true);
    try {
      for (int i = 0; i < readers; i++) {
        var connection = new RawConnection(container.port(), 4096);
        connections.add(connection.get(path));
        connection.until("\r\n\r\n");
      }
      var publisher = new Thread(() -> publish(path, publishing), "publisher");
      publisher.start();
      Thread.sleep(6000); // some megabytes for each: more than a socket takes
      Row row = measure(what, heapBefore);
      publishing.set(false);
      publisher.join(20_000);
      return row;
    } finally {
      publishing.set(false);
      for (RawConnection connection : connections) connection.reset();
    }
  }

  /** A hundred events a second of a kilobyte each, over HTTP, without waiting for the answers. */
  private void publish(String path, AtomicBoolean goesOn) {
    var request =
        HttpRequest.newBuilder(URI.create(container.url(path)))
            .timeout(Duration.ofSeconds(2))
            .POST(HttpRequest.BodyPublishers.ofString(PAYLOAD.repeat(16)))
            .build();
    try {
      while (goesOn.get()) {
        http.sendAsync(request, HttpResponse.BodyHandlers.discarding());
        Thread.sleep(10);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Row measure(String what, long heapBefore) throws Exception {
    double[] millis = new double[200];
    int unanswered = 0;
    int misses = 0;
    for (int i = 0; i < millis.length; i++) {
      long start = System.nanoTime();
      // Once ten in a row have no answer there will be none.
      boolean answered = misses < 10 && get("/plain");
      misses = answered ? 0 : misses + 1;
      if (!answered) unanswered++;
      millis[i] = misses > 10 ? patience.toMillis() : (System.nanoTime() - start) / 1e6;
      if (answered) Thread.sleep(5);
    }
    Arrays.sort(millis);
    return new Row(what, millis[100], millis[197], unanswered, usedHeap() - heapBefore);
  }

  private boolean get(String path) throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(URI.create(container.url(path))).timeout(patience);
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString()).statusCode() == 200;
    } catch (HttpTimeoutException e) {
      return false;
    }
  }

  private static long usedHeap() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      TimeUnit.MILLISECONDS.sleep(50);
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static final class Plain extends HttpServlet {
    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.getWriter().write("plain");
    }
  }

  /** What tutorials show: a list of asynchronous answers, and a loop over it that writes. */
  private static final class NaiveList extends HttpServlet {
    private final transient List<AsyncContext> clients = new CopyOnWriteArrayList<>();

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      AsyncContext context = request.startAsync();
      context.setTimeout(0);
      response.setContentType("text/event-stream");
      response.flushBuffer();
      clients.add(context);
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      byte[] body = request.getInputStream().readAllBytes();
      byte[] block =
          ("data: " + new String(body, StandardCharsets.UTF_8) + "\n\n")
              .getBytes(StandardCharsets.UTF_8);
      for (AsyncContext client : clients) {
        try {
          synchronized (client) {
            client.getResponse().getOutputStream().write(block);
            client.getResponse().flushBuffer();
          }
        } catch (IOException | IllegalStateException e) {
          clients.remove(client);
        }
      }
    }
  }
}
