package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.runnel.engine.HubStatistics;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What operators ask, on a port of its own: {@code /healthz} (does it work?), {@code /readyz} (does
 * it take requests?), {@code /metrics}.
 *
 * <p>It runs from before the hub takes requests until it takes none any more, on two threads of its
 * own, so that it answers when the event loops do not. Safe for any thread.
 *
 * <p>On loopback it answers only requests for a loopback name: a page of a foreign site whose name
 * was made to mean 127.0.0.1 gets nothing (DNS rebinding).
 */
final class AdminServer implements AutoCloseable {
  private static final int HEALTH_TIMEOUT_SECONDS = 5;

  static {
    // The JDK's server has no limits unless told so by these; whoever sets one knows better.
    limit("sun.net.httpserver.maxReqTime", "10");
    limit("sun.net.httpserver.maxRspTime", "30");
    limit("sun.net.httpserver.maxReqHeaders", "100");
    limit("jdk.httpserver.maxConnections", "100");
  }

  /** The server that is asked about; there is none while the hub is starting. */
  interface Subject {
    /** Whether it takes requests. */
    ServerState state();

    /** Why nothing will be acknowledged any more; null while all is well. */
    @Nullable String failure();

    /** Why publishing is refused until there is room; null while there is. */
    @Nullable String shortage();

    /** Completes when every event loop has answered. */
    CompletableFuture<?> ping();

    /** What it counted. */
    ServerCounters counters();

    /** What the engine counted. */
    HubStatistics statistics();
  }

  private final HttpServer server;
  private final ExecutorService threads;
  private final boolean onLoopback;
  private final HubConfig config;
  private volatile @Nullable Subject subject;

  /** Under the lock of this. */
  private @Nullable MetricsPage metrics;

  private AdminServer(HubConfig config) throws IOException {
    this.config = config;
    var address =
        new InetSocketAddress(InetAddress.getByName(config.adminHost()), config.adminPort());
    onLoopback = address.getAddress().isLoopbackAddress();
    try {
      server = HttpServer.create(address, 0);
    } catch (BindException e) {
      throw new PortInUseException(ConfigKey.ADMIN_PORT, config.adminHost(), config.adminPort(), e);
    }
    var number = new AtomicInteger();
    threads =
        Executors.newFixedThreadPool(
            2,
            task -> {
              var thread = new Thread(task, "runnel-admin-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /**
   * Starts; until {@link #watch} it says that the hub is starting.
   *
   * @throws PortInUseException if somebody else listens on the port
   * @throws IOException if the address cannot be bound
   */
  static AdminServer start(HubConfig config) throws IOException {
    return new AdminServer(config);
  }

  /** From now on this server is asked about. */
  void watch(Subject subject) {
    this.subject = subject;
  }

  /** Made for the first who asks: naming a hundred meters would be a fifth of a hub's start. */
  private synchronized MetricsPage metrics() {
    MetricsPage page = metrics;
    if (page == null) metrics = page = new MetricsPage(config);
    return page;
  }

  private synchronized void closeMetrics() {
    if (metrics != null) metrics.close();
  }

  /** The port that is listened on. */
  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    closeMetrics();
  }

  private static void limit(String property, String value) {
    if (System.getProperty(property) == null) System.setProperty(property, value);
  }

  // ---------------------------------------------------------------- requests

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String method = exchange.getRequestMethod();
      if (!isForUs(exchange)) {
        problem(exchange, 421, "Misdirected request", "this port answers to loopback names only");
      } else if (!method.equals("GET") && !method.equals("HEAD")) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        problem(exchange, 405, "Method not allowed", method + " is neither GET nor HEAD");
      } else {
        answer(exchange);
      }
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    switch (exchange.getRequestURI().getPath()) {
      case "/healthz" -> health(exchange);
      case "/readyz" -> readiness(exchange);
      case "/metrics" ->
          send(
              exchange, 200, "text/plain; version=0.0.4; charset=utf-8", metrics().scrape(subject));
      default -> problem(exchange, 404, "Not found", "here are /healthz, /readyz and /metrics");
    }
  }

  private boolean isForUs(HttpExchange exchange) {
    String host = exchange.getRequestHeaders().getFirst("Host");
    return !onLoopback || host == null || HostNames.isLoopback(host);
  }

  /** It works if every event loop answers; a hub that is starting has none to ask. */
  private void health(HttpExchange exchange) throws IOException {
    Subject subject = this.subject;
    String trouble = subject == null ? null : trouble(subject);
    if (trouble == null) status(exchange, 200, "up", null);
    else status(exchange, 503, "down", trouble);
  }

  private static @Nullable String trouble(Subject subject) {
    try {
      subject.ping().get(HEALTH_TIMEOUT_SECONDS, TimeUnit.SECONDS);
      return null;
    } catch (TimeoutException e) {
      return "an event loop did not answer within " + HEALTH_TIMEOUT_SECONDS + " s";
    } catch (ExecutionException e) {
      return "an event loop failed: " + e.getCause();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  private void readiness(HttpExchange exchange) throws IOException {
    Subject subject = this.subject;
    switch (subject == null ? ServerState.STARTING : subject.state()) {
      case READY -> {
        String failure = requireNonNull(subject).failure();
        // One without room serves its subscribers, and nobody else has their events.
        if (failure == null) status(exchange, 200, "ready", subject.shortage());
        else status(exchange, 503, "failed", failure);
      }
      case STARTING -> status(exchange, 503, "starting", "the history is being opened");
      case DRAINING -> status(exchange, 503, "draining", "the hub is stopping");
    }
  }

  // ---------------------------------------------------------------- answers

  private static void status(
      HttpExchange exchange, int status, String word, @Nullable String reason) throws IOException {
    String json =
        "{\"status\":\""
            + word
            + "\""
            + (reason == null ? "" : ",\"reason\":" + Problem.quoted(reason))
            + "}\n";
    send(exchange, status, "application/json", json.getBytes(UTF_8));
  }

  private static void problem(HttpExchange exchange, int status, String title, String detail)
      throws IOException {
    send(exchange, status, Problem.CONTENT_TYPE, new Problem(status, title, detail).json());
  }

  private static void send(HttpExchange exchange, int status, String contentType, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", contentType);
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    boolean isHead = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, isHead ? -1 : body.length);
    if (isHead) return;
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }
}
