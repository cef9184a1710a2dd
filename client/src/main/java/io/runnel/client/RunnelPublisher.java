package io.runnel.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.runnel.eventstream.Event;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Publishes events to a hub over HTTP, without waiting for one before sending the next.
 *
 * <p>Each event is sent with an {@code Idempotency-Key} of its own, the same at each attempt, so
 * that a hub which knows the key publishes it once, however often it is sent. An attempt that fails
 * in the network, or is answered with 429 or 5xx, is repeated with growing delays until {@link
 * Builder#giveUpAfter}. What is not acknowledged then is unknown, not unpublished: see {@link
 * PublishFailedException#mayBePublished()}.
 *
 * <p>Events that are in flight together may arrive in any order. Where B must stand after A,
 * publish B when A is acknowledged.
 *
 * <p>Safe for use by any thread; has no thread of its own.
 */
public final class RunnelPublisher implements AutoCloseable {
  private final Settings settings;
  private final Semaphore room;
  private final Set<Publication<?>> inFlight = ConcurrentHashMap.newKeySet();
  private volatile boolean isClosed;

  /** What a builder was told, and the world that the publisher runs in. */
  record Settings(
      String events,
      Map<String, Supplier<@Nullable String>> headers,
      int maxInFlight,
      Duration attemptTimeout,
      Duration giveUpAfter,
      Duration closeTimeout,
      ReconnectPolicy policy,
      HttpClient client,
      Timers timers,
      DoubleSupplier chance) {}

  private RunnelPublisher(Settings settings) {
    this.settings = settings;
    this.room = new Semaphore(settings.maxInFlight());
  }

  /**
   * Begins to describe a publisher to the hub at this URI, for instance {@code
   * http://localhost:8080/}; {@code events/<topic>} is appended to its path.
   *
   * @throws IllegalArgumentException if the URI is not absolute, or neither http nor https
   */
  public static Builder to(URI hub) {
    EventSource.requireHttp(hub);
    return new Builder(hub);
  }

  /**
   * Sends an event; waits while {@link Builder#maxInFlight} others are on their way.
   *
   * @param topic the topic, for instance {@code user/42}
   * @param event its id, if not null and not empty, is the publisher's own
   * @return completes with the hub's receipt, or with {@link PublishFailedException}, on a thread
   *     of the HTTP client; cancelling it does not take the event back
   * @throws IllegalArgumentException if the topic is empty or has an empty segment, {@code .} or
   *     {@code ..}, or if the event's type starts with {@code runnel.}, which are the hub's own
   * @throws IllegalStateException if this publisher is closed
   */
  public CompletableFuture<Receipt> publish(String topic, Event event) throws InterruptedException {
    var content = Content.of(uri(topic, event), event);
    room.acquire();
    return send(content);
  }

  /**
   * Sends events as one request, which a hub publishes one after the other with nothing between
   * them, all or none. Counts as one that is on its way.
   *
   * @param events at least one, and at most what the hub takes at once: 10,000, of 1 MiB together
   *     unless it is told otherwise
   * @return completes with the hub's receipts, in order; fails as with {@link #publish}, for all of
   *     them
   * @throws IllegalArgumentException if there are none, or as with {@link #publish}
   * @throws IllegalStateException if this publisher is closed
   */
  public CompletableFuture<List<Receipt>> publishAll(String topic, List<Event> events)
      throws InterruptedException {
    if (events.isEmpty()) throw new IllegalArgumentException("no events to publish");
    for (Event event : events) check(event);
    var content = Content.of(URI.create(settings.events() + path(topic)), List.copyOf(events));
    room.acquire();
    return send(content);
  }

  /** As {@link #publish}, but does not wait: empty if there is no room, and nothing was sent. */
  public Optional<CompletableFuture<Receipt>> offer(String topic, Event event) {
    var content = Content.of(uri(topic, event), event);
    return room.tryAcquire() ? Optional.of(send(content)) : Optional.empty();
  }

  private <R> CompletableFuture<R> send(Content<R> content) {
    var publication = new Publication<>(settings, content, this::left);
    inFlight.add(publication);
    // After adding: whoever closes sees either the flag too late and this in the set, or neither.
    if (isClosed) {
      left(publication);
      throw new IllegalStateException("this publisher is closed");
    }
    publication.start();
    return publication.receipt();
  }

  private void left(Publication<?> publication) {
    if (inFlight.remove(publication)) room.release();
  }

  /** How many events are on their way, of which those that were sent together count as one. */
  public int inFlight() {
    return inFlight.size();
  }

  /**
   * Takes no more events, waits for those on their way ({@link Builder#closeTimeout} at most), and
   * gives up the rest. An interrupt ends the waiting. Idempotent.
   */
  @Override
  public void close() {
    isClosed = true;
    try {
      long nanos = settings.closeTimeout().toNanos();
      int all = settings.maxInFlight();
      if (room.tryAcquire(all, nanos, TimeUnit.NANOSECONDS)) room.release(all);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    inFlight.forEach(publication -> publication.giveUp("the publisher was closed", null));
  }

  private void check(Event event) {
    if (isClosed) throw new IllegalStateException("this publisher is closed");
    if (event.type().startsWith("runnel.")) {
      throw new IllegalArgumentException("event type " + event.type() + " belongs to the hub");
    }
  }

  private URI uri(String topic, Event event) {
    check(event);
    var uri = new StringBuilder(settings.events()).append(path(topic));
    char separator = '?';
    if (!event.type().equals(Event.MESSAGE)) {
      uri.append(separator).append("event=").append(encode(event.type()));
      separator = '&';
    }
    String id = event.id();
    if (id != null && !id.isEmpty()) uri.append(separator).append("id=").append(encode(id));
    return URI.create(uri.toString());
  }

  private static String path(String topic) {
    var path = new StringBuilder();
    for (String segment : topic.split("/", -1)) {
      if (segment.isBlank() || segment.equals(".") || segment.equals("..")) {
        throw new IllegalArgumentException("no topic to publish to: '" + topic + "'");
      }
      path.append('/').append(encode(segment));
    }
    return path.toString();
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }

  /** Describes a publisher. Not safe for use by several threads. */
  public static final class Builder {
    private final URI hub;
    private final Map<String, Supplier<@Nullable String>> headers = new LinkedHashMap<>();
    private int maxInFlight = 64;
    private Duration attemptTimeout = Duration.ofSeconds(10);
    private Duration giveUpAfter = Duration.ofMinutes(1);
    private Duration closeTimeout = Duration.ofSeconds(10);
    private ReconnectPolicy policy = ReconnectPolicy.exponential(Duration.ofSeconds(10));
    private HttpClient client = SharedHttpClient.INSTANCE;
    private DoubleSupplier chance = () -> ThreadLocalRandom.current().nextDouble();

    private Builder(URI hub) {
      this.hub = hub;
    }

    /** Sends a header with each request. */
    public Builder header(String name, String value) {
      var unused = HttpRequest.newBuilder().header(name, value);
      return header(name, () -> value);
    }

    /** As {@link #header(String, String)}, asked at each attempt; null leaves the header out. */
    public Builder header(String name, Supplier<@Nullable String> value) {
      var unused = HttpRequest.newBuilder().header(name, "x");
      headers.put(name.toLowerCase(Locale.ROOT), value);
      return this;
    }

    /**
     * How many events may be on their way; 64 by default. Over HTTP/1.1 each has a connection.
     *
     * @throws IllegalArgumentException if it is below 1
     */
    public Builder maxInFlight(int events) {
      if (events < 1) throw new IllegalArgumentException("below 1: " + events);
      this.maxInFlight = events;
      return this;
    }

    /** How long one attempt may take; 10 s by default. */
    public Builder attemptTimeout(Duration time) {
      this.attemptTimeout = requireNonNull(time, "time");
      return this;
    }

    /** How long an event is tried before its receipt fails; a minute by default. */
    public Builder giveUpAfter(Duration time) {
      this.giveUpAfter = requireNonNull(time, "time");
      return this;
    }

    /**
     * When an attempt is repeated, within {@link #giveUpAfter}; by default {@link
     * ReconnectPolicy#exponential} from 0.25 s to 10 s. An event whose answer was lost, and that is
     * not sent again, stays unknown.
     */
    public Builder retry(ReconnectPolicy policy) {
      this.policy = requireNonNull(policy, "policy");
      return this;
    }

    /** How long {@link RunnelPublisher#close()} waits; 10 s by default. */
    public Builder closeTimeout(Duration time) {
      this.closeTimeout = requireNonNull(time, "time");
      return this;
    }

    /**
     * The HTTP client to use; by default all share one.
     *
     * @throws IllegalArgumentException if it follows redirects itself
     */
    public Builder httpClient(HttpClient client) {
      if (client.followRedirects() != Redirect.NEVER) {
        throw new IllegalArgumentException("an HTTP client that follows redirects leaks headers");
      }
      this.client = client;
      return this;
    }

    Builder chance(DoubleSupplier chance) {
      this.chance = chance;
      return this;
    }

    /** The publisher; connects when the first event is published. */
    public RunnelPublisher build() {
      String base = hub.getScheme() + "://" + hub.getRawAuthority();
      String path = hub.getRawPath().replaceAll("/+$", "");
      return new RunnelPublisher(
          new Settings(
              base + path + "/events",
              new LinkedHashMap<>(headers),
              maxInFlight,
              attemptTimeout,
              giveUpAfter,
              closeTimeout,
              policy,
              client,
              Timers.system(SharedHttpClient.executor(client)),
              chance));
    }
  }

  /** The request of one attempt to publish. */
  static HttpRequest request(Settings settings, Content<?> content, String key) {
    HttpRequest.Builder request = HttpRequest.newBuilder(content.uri());
    if ("http".equalsIgnoreCase(content.uri().getScheme())) request.version(Version.HTTP_1_1);
    request.setHeader("Content-Type", content.type());
    request.setHeader("Accept", "application/json, application/problem+json");
    settings
        .headers()
        .forEach(
            (name, value) -> {
              String text = value.get();
              if (text != null) request.setHeader(name, text);
            });
    request.setHeader("Idempotency-Key", key);
    return request.POST(BodyPublishers.ofByteArray(content.body())).build();
  }
}
