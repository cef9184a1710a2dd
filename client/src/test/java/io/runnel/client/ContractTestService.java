package io.runnel.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.runnel.eventstream.Event;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Lets an independent harness drive our client: it opens streams on request, and posts back what
 * they say, in order.
 *
 * <p>Run it with the port as its argument (8000 without one; 0 for any), and stop it with {@code
 * DELETE /}. After {@code mvn test-compile -pl client -am}:
 *
 * <pre>{@code
 * java -cp client/target/classes:client/target/test-classes:event-stream/target/classes \
 *     io.runnel.client.ContractTestService 8000
 * }</pre>
 */
final class ContractTestService implements AutoCloseable {
  private static final List<String> CAPABILITIES =
      List.of(
          "comments",
          "headers",
          "last-event-id",
          "post",
          "read-timeout",
          "report",
          "restart",
          "bom",
          "event-type-listeners",
          "server-directed-shutdown-request");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, Stream> streams = new ConcurrentHashMap<>();
  private final AtomicInteger numbers = new AtomicInteger();
  private final CountDownLatch stopped = new CountDownLatch(1);

  ContractTestService(int port) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  /** Serves until it is told to stop. */
  public static void main(String[] arguments) throws Exception {
    int port = arguments.length == 0 ? 8000 : Integer.parseInt(arguments[0]);
    try (var service = new ContractTestService(port)) {
      System.out.println("listening on " + service.uri());
      service.stopped.await();
    }
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
  }

  @Override
  public void close() {
    streams.values().forEach(Stream::close);
    server.stop(0);
    threads.shutdown();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
      String path = exchange.getRequestURI().getPath();
      String method = exchange.getRequestMethod();
      if (path.equals("/")) {
        switch (method) {
          case "GET" -> answer(exchange, 200, capabilities());
          case "POST" -> create(exchange, Json.object(body));
          case "DELETE" -> {
            answer(exchange, 204, "");
            stopped.countDown();
          }
          default -> answer(exchange, 405, "");
        }
        return;
      }
      Stream stream = streams.get(path);
      if (stream == null) {
        answer(exchange, 404, "");
      } else if (method.equals("DELETE")) {
        streams.remove(path);
        stream.close();
        answer(exchange, 204, "");
      } else if (method.equals("POST")) {
        answer(exchange, stream.obey(Json.object(body)) ? 202 : 400, "");
      } else {
        answer(exchange, 405, "");
      }
    }
  }

  private static String capabilities() {
    return "{\"name\":\"runnel-client\",\"capabilities\":[\""
        + String.join("\",\"", CAPABILITIES)
        + "\"]}";
  }

  private void create(HttpExchange exchange, Map<String, Object> wanted) throws IOException {
    if (!(wanted.get("streamUrl") instanceof String url)
        || !(wanted.get("callbackUrl") instanceof String callback)) {
      answer(exchange, 400, "");
      return;
    }
    String path = "/streams/" + numbers.incrementAndGet();
    Stream stream;
    try {
      stream = new Stream(source(url, wanted), callback);
    } catch (IllegalArgumentException e) {
      answer(exchange, 400, "");
      return;
    }
    streams.put(path, stream);
    exchange.getResponseHeaders().add("Location", path);
    answer(exchange, 201, "");
  }

  private static EventSource.Builder source(String url, Map<String, Object> wanted) {
    var source = EventSource.to(URI.create(url));
    if (wanted.get("initialDelayMs") instanceof Long delay) {
      source.reconnectionTime(Duration.ofMillis(delay));
    }
    if (wanted.get("readTimeoutMs") instanceof Long timeout) {
      source.idleTimeout(Duration.ofMillis(timeout));
    }
    if (wanted.get("lastEventId") instanceof String id) source.lastEventId(id);
    if (wanted.get("headers") instanceof Map<?, ?> headers) {
      headers.forEach((name, value) -> source.header((String) name, (String) value));
    }
    if (wanted.get("method") instanceof String method) {
      byte[] body = wanted.get("body") instanceof String text ? text.getBytes(UTF_8) : null;
      source.method(() -> method, () -> body);
    }
    return source;
  }

  private static void answer(HttpExchange exchange, int status, String json) throws IOException {
    byte[] bytes = json.getBytes(UTF_8);
    if (bytes.length > 0) exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    if (bytes.length > 0) exchange.getResponseBody().write(bytes);
  }

  /** A text as JSON. */
  static String quote(String text) {
    var quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') quoted.append('\\').append(c);
      else if (c < 0x20) quoted.append(String.format("\\u%04x", (int) c));
      else quoted.append(c);
    }
    return quoted.append('"').toString();
  }

  /** One source, and the address that hears what it says. */
  private static final class Stream implements EventHandler, AutoCloseable {
    private static final HttpClient CALLBACKS =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final String callbackUrl;
    private final Set<String> listened = ConcurrentHashMap.newKeySet();
    private final AtomicInteger callbacks = new AtomicInteger();
    private final EventSource source;
    private volatile boolean isClosed;

    Stream(EventSource.Builder builder, String callbackUrl) {
      this.callbackUrl = callbackUrl;
      listened.add(Event.MESSAGE);
      this.source = builder.start(this);
    }

    boolean obey(Map<String, Object> wanted) {
      if ("restart".equals(wanted.get("command"))) {
        source.restart();
        return true;
      }
      if ("listen".equals(wanted.get("command"))
          && wanted.get("listen") instanceof Map<?, ?> listen
          && listen.get("type") instanceof String type) {
        listened.add(type);
        return true;
      }
      return false;
    }

    @Override
    public void close() {
      isClosed = true;
      source.close();
    }

    @Override
    public void event(Event event) {
      if (!listened.contains(event.type())) return;
      String id = event.id() == null ? "" : event.id();
      tell(
          "{\"kind\":\"event\",\"event\":{\"type\":"
              + quote(event.type())
              + ",\"data\":"
              + quote(event.data())
              + ",\"id\":"
              + quote(id)
              + "}}");
    }

    @Override
    public void comment(String text) {
      tell("{\"kind\":\"comment\",\"comment\":" + quote(text) + "}");
    }

    @Override
    public void interrupted(ConnectionFailedException cause, Duration delay) {
      error(cause);
    }

    @Override
    public void closed(@Nullable ConnectionFailedException cause) {
      if (cause != null) error(cause);
    }

    private void error(ConnectionFailedException cause) {
      tell(
          "{\"kind\":\"error\",\"error\":"
              + quote(cause.reason() + ": " + cause.getMessage())
              + "}");
    }

    /** Waits for each answer, so that the callbacks arrive in order. */
    private void tell(String json) {
      if (isClosed) return;
      var uri = URI.create(callbackUrl + "/" + callbacks.incrementAndGet());
      var request =
          HttpRequest.newBuilder(uri)
              .header("Content-Type", "application/json")
              .timeout(Duration.ofSeconds(10))
              .POST(BodyPublishers.ofString(json))
              .build();
      try {
        CALLBACKS.send(request, BodyHandlers.discarding());
      } catch (IOException harnessIsGone) {
        close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
