package io.runnel.spring.test;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.springframework.core.env.Environment;

/**
 * A client of the application under test, over a real connection; a bean of every
 * {@code @SpringBootTest(webEnvironment = RANDOM_PORT)} that has this artifact on its class path.
 *
 * <pre>{@code
 * @Autowired RunnelTestClient client;
 * @Autowired RunnelHub hub;
 *
 * @Test
 * void anOrderIsShown() {
 *   try (TestStream stream = client.get("/events").open()) {
 *     hub.publish("orders", "placed", "17");
 *     assertThat(stream.next().data()).isEqualTo("17");
 *     client.advance(Duration.ofSeconds(15));
 *     stream.expectHeartbeat();
 *   }
 * }
 * }</pre>
 *
 * <p>Safe for any thread.
 */
public final class RunnelTestClient {
  private final HttpClient http = HttpClient.newHttpClient();
  private final Environment environment;
  private final TurnableTime time;

  RunnelTestClient(Environment environment, TurnableTime time) {
    this.environment = environment;
    this.time = time;
  }

  /**
   * A request for a stream, to be opened.
   *
   * @param path with its query, such as {@code /events?topic=orders}; or a whole address
   * @throws IllegalStateException if the application listens on no port
   */
  public Request get(String path) {
    return new Request(path.startsWith("http") ? URI.create(path) : URI.create(address() + path));
  }

  private String address() {
    String port = environment.getProperty("local.server.port");
    if (port == null) {
      throw new IllegalStateException(
          "the application listens on no port: say"
              + " @SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)");
    }
    String context =
        environment.getProperty(
            "server.servlet.context-path", environment.getProperty("spring.webflux.base-path", ""));
    return "http://localhost:" + port + context;
  }

  /**
   * Turns the hub's clock: heartbeats, retention by age and deadlines for slow clients come as if
   * the time had passed. It goes on by itself as well, and cannot be turned back.
   */
  public void advance(Duration time) {
    if (time.isNegative()) throw new IllegalArgumentException("time cannot go back by " + time);
    this.time.advance(time);
  }

  /** A request for a stream. For one thread. */
  public final class Request {
    private final HttpRequest.Builder request;
    private final List<String> cookies = new ArrayList<>();
    private Duration patience = Duration.ofSeconds(10);

    Request(URI uri) {
      request = HttpRequest.newBuilder(uri).header("Accept", "text/event-stream");
    }

    /** A header besides those that a stream needs. */
    public Request header(String name, String value) {
      request.header(name, value);
      return this;
    }

    /** A cookie, such as the one of a login session. */
    public Request cookie(String name, String value) {
      cookies.add(requireNonNull(name) + '=' + value);
      return this;
    }

    /** The cursor of a client that comes back. */
    public Request lastEventId(String id) {
      return header("Last-Event-ID", id);
    }

    /** How long {@link TestStream#next} and others wait at most; 10 s by default. */
    public Request patience(Duration patience) {
      this.patience = patience;
      return this;
    }

    /**
     * Opens the stream: when this returns, the head of the answer is there, and what is published
     * from now on arrives.
     *
     * @throws AssertionError if the answer is no event stream, or none came; the message says what
     *     it is
     */
    public TestStream open() {
      if (!cookies.isEmpty()) request.header("Cookie", String.join("; ", cookies));
      return TestStream.open(http, request.build(), patience);
    }
  }
}
