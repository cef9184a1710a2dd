package io.runnel.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.ParserLimits;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A subscription to an event stream over HTTP, which reconnects by itself: the {@code EventSource}
 * of the WHATWG HTML standard, for Java.
 *
 * <p>It is made by {@link #to(URI)} and read in one of three ways: by callbacks ({@link
 * Builder#start}), by pulling ({@link Builder#read}), or as a {@link Flow.Publisher} ({@link
 * Builder#publisher}). In all three a reader that stops reading stops the socket.
 *
 * <p>Safe for use by any thread. A source has no thread of its own: while no bytes come it costs
 * memory only, and a timer in the one timer thread of the JDK.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">WHATWG HTML, 9.2
 *     Server-sent events</a>
 */
public final class EventSource implements AutoCloseable {
  static final System.Logger LOG = System.getLogger("io.runnel.client");

  /** The standard's {@code readyState}. */
  public enum State {
    /** Not connected yet, or not connected any more and about to try again. */
    CONNECTING,
    /** Connected; events are handed out as they come. */
    OPEN,
    /**
     * Closed for good: by {@link #close()}, by the server, or by a failure that is no use retrying.
     */
    CLOSED
  }

  private final ReconnectingStream stream;

  private EventSource(ReconnectingStream stream) {
    this.stream = stream;
  }

  /**
   * Begins to describe a source of this stream.
   *
   * @throws IllegalArgumentException if the URI is not absolute, or neither http nor https
   */
  public static Builder to(URI uri) {
    requireHttp(uri);
    return new Builder(() -> uri);
  }

  /**
   * As {@link #to(URI)}, with a function that is asked at each attempt; it may block, and throw.
   */
  public static Builder to(Supplier<URI> uri) {
    return new Builder(requireNonNull(uri, "uri"));
  }

  /** What the source is doing. */
  public State state() {
    return stream.state();
  }

  /**
   * The last event ID, as of the event handed out last: where the stream will be resumed. Empty if
   * there is none. Store it with the work that an event caused, and give it to {@link
   * Builder#lastEventId} next time.
   */
  public String lastEventId() {
    return stream.lastEventId();
  }

  /** The reconnection time: what the server's last {@code retry:} said, from 0.5 s to 5 min. */
  public Duration reconnectionTime() {
    return stream.reconnectionTime();
  }

  /**
   * Drops the connection, and what came over it and was not handed out yet, and connects again at
   * once, from {@link #lastEventId()}.
   */
  public void restart() {
    stream.restart();
  }

  /**
   * Closes: cuts the socket and returns without waiting, whatever a handler is doing. Nothing is
   * handed out any more, except {@link StreamListener#closed} once; a call that is running ends in
   * its own time. Idempotent.
   */
  @Override
  public void close() {
    stream.close();
  }

  /**
   * Completes when the source is closed and its handler was told: normally, or with the {@link
   * ConnectionFailedException} that made it give up. Cancelling or completing it does nothing.
   */
  public CompletionStage<@Nullable Void> completion() {
    return stream.completion().minimalCompletionStage();
  }

  static void requireHttp(URI uri) {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    boolean isHttp = scheme.equals("http") || scheme.equals("https");
    if (!isHttp || uri.getHost() == null) {
      throw new IllegalArgumentException("neither http nor https: " + uri);
    }
  }

  /**
   * Describes a source. Not safe for use by several threads; what it makes is independent of it,
   * and it can make several.
   *
   * <p>Functions given to it are called at each attempt to connect (for a token that is fresh,
   * say), on a thread of the HTTP client; they may block. One that throws makes that attempt fail.
   */
  public static final class Builder {
    private static final Duration DEFAULT_IDLE_TIMEOUT = Duration.ofSeconds(45);

    private final Supplier<URI> uri;
    private final Map<String, Supplier<@Nullable String>> headers = new LinkedHashMap<>();
    private Supplier<String> method = () -> "GET";
    private Supplier<byte @Nullable []> body = () -> null;
    private String lastEventId = "";
    private Duration reconnectionTime = Duration.ofSeconds(1);
    private ReconnectPolicy policy = ReconnectPolicy.standard();
    private Duration stableAfter = Duration.ofSeconds(10);
    private Duration openTimeout = Duration.ofSeconds(30);
    private @Nullable Duration idleTimeout;
    private ParserLimits limits = ParserLimits.DEFAULT;
    private @Nullable HttpClient client;
    private Connection.@Nullable Connector connector;
    private @Nullable Timers timers;
    private @Nullable Executor executor;
    private DoubleSupplier chance = () -> ThreadLocalRandom.current().nextDouble();

    private Builder(Supplier<URI> uri) {
      this.uri = uri;
    }

    /**
     * Sends a header with each request; one header of a name, the last one given. It is not sent to
     * another origin, whatever redirects there.
     *
     * @throws IllegalArgumentException if HTTP or {@code java.net.http} does not allow it
     */
    public Builder header(String name, String value) {
      var unused = HttpRequest.newBuilder().header(name, value);
      return header(name, () -> value);
    }

    /** As {@link #header(String, String)}, asked at each attempt; null leaves the header out. */
    public Builder header(String name, Supplier<@Nullable String> value) {
      String key = name.toLowerCase(Locale.ROOT);
      if (key.equals("last-event-id")) {
        throw new IllegalArgumentException("Last-Event-ID is set by lastEventId(...)");
      }
      var unused = HttpRequest.newBuilder().header(name, "x");
      headers.put(key, value);
      return this;
    }

    /**
     * Asks the server for gzip. Off by default: what compresses on the way tends to hold events
     * back. An answer in gzip is understood in any case.
     */
    public Builder acceptGzip() {
      return header("Accept-Encoding", "gzip");
    }

    /** Posts a text to get the stream, as language models want it. */
    public Builder post(String contentType, String text) {
      byte[] bytes = text.getBytes(UTF_8);
      return header("Content-Type", contentType).method(() -> "POST", () -> bytes);
    }

    /** Another method than GET, perhaps with a body (null: none), asked at each attempt. */
    public Builder method(Supplier<String> method, Supplier<byte @Nullable []> body) {
      this.method = method;
      this.body = body;
      return this;
    }

    /**
     * Where to go on: the {@link EventSource#lastEventId()} of another day.
     *
     * @throws IllegalArgumentException if it has CR, LF or NUL, which no stream can set
     */
    public Builder lastEventId(String id) {
      this.lastEventId = requireNonNull(new Event(Event.MESSAGE, "", id).id());
      return this;
    }

    /** The reconnection time until the server sets another; 1 s by default. */
    public Builder reconnectionTime(Duration time) {
      this.reconnectionTime = notNegative(time);
      return this;
    }

    /**
     * When to connect again, and when to give up; {@link ReconnectPolicy#standard()} by default.
     */
    public Builder reconnect(ReconnectPolicy policy) {
      this.policy = requireNonNull(policy, "policy");
      return this;
    }

    /**
     * How long a connection lives until earlier failures are forgotten; 10 s by default. A server
     * that accepts and drops at once is failing, and each attempt waits longer.
     */
    public Builder stableAfter(Duration time) {
      this.stableAfter = notNegative(time);
      return this;
    }

    /** How long an attempt may take to be answered, redirects included; 30 s by default. */
    public Builder openTimeout(Duration time) {
      this.openTimeout = notNegative(time);
      return this;
    }

    /**
     * How long an open connection may be silent before it is taken for dead; zero for ever. By
     * default three heartbeats: 45 s, until a hub says how often it sends one. Only a source that
     * is waiting for bytes counts: time in which the reader does not read is not silence.
     */
    public Builder idleTimeout(Duration time) {
      this.idleTimeout = notNegative(time);
      return this;
    }

    /**
     * The longest line and event, and what happens to longer ones: the source gives up, or leaves
     * them out ({@link StreamListener#skipped}), or lets their data be read as it comes ({@link
     * StreamListener#largeEvent}). {@link ParserLimits#DEFAULT} by default.
     */
    public Builder limits(ParserLimits limits) {
      this.limits = requireNonNull(limits, "limits");
      return this;
    }

    /**
     * The HTTP client to use: for proxies, TLS, authentication, cookies, HTTP/2, or another
     * executor (handlers run on it). By default all sources share one that speaks HTTP/1.1.
     *
     * @throws IllegalArgumentException if it follows redirects itself: it would carry the caller's
     *     headers to other origins
     */
    public Builder httpClient(HttpClient client) {
      if (client.followRedirects() != Redirect.NEVER) {
        throw new IllegalArgumentException(
            "an HTTP client that follows redirects ("
                + client.followRedirects()
                + ") leaks headers");
      }
      this.client = client;
      return this;
    }

    Builder connector(Connection.Connector connector) {
      this.connector = connector;
      return this;
    }

    Builder timers(Timers timers) {
      this.timers = timers;
      return this;
    }

    Builder executor(Executor executor) {
      this.executor = executor;
      return this;
    }

    Builder chance(DoubleSupplier chance) {
      this.chance = chance;
      return this;
    }

    /** Connects, and hands each event to the handler until the source is closed. */
    public EventSource start(EventHandler handler) {
      var source = new EventSource(stream(requireNonNull(handler, "handler"), Long.MAX_VALUE));
      source.stream.start();
      return source;
    }

    ReconnectingStream stream(EventHandler handler, long demand) {
      return new ReconnectingStream(settings(), handler, demand);
    }

    /** Connects, and lets events be pulled by the caller. */
    public EventReader read() {
      return read(StreamListener.NONE);
    }

    /** As {@link #read()}, with a listener for what is no event. */
    public EventReader read(StreamListener listener) {
      return new EventReader(this, listener);
    }

    /** A publisher of the events; each of its subscribers has a connection of its own. */
    public Flow.Publisher<Event> publisher() {
      return publisher(StreamListener.NONE);
    }

    /** As {@link #publisher()}, with a listener for what is no event. */
    public Flow.Publisher<Event> publisher(StreamListener listener) {
      Settings settings = settings();
      return subscriber -> EventSubscription.start(settings, listener, subscriber);
    }

    Settings settings() {
      HttpClient http = client == null ? SharedHttpClient.INSTANCE : client;
      Executor turns = executor == null ? SharedHttpClient.executor(http) : executor;
      Timers time = timers == null ? Timers.system(turns) : timers;
      Duration idle = idleTimeout;
      return new Settings(
          requests(),
          lastEventId,
          reconnectionTime,
          policy,
          stableAfter,
          openTimeout,
          idle == null ? DEFAULT_IDLE_TIMEOUT : idle,
          idle != null,
          limits,
          connector == null ? HttpConnection.connector(http, time) : connector,
          time,
          turns,
          chance);
    }

    private Settings.Requests requests() {
      Supplier<URI> uri = this.uri;
      Supplier<String> method = this.method;
      Supplier<byte @Nullable []> body = this.body;
      var headers = new LinkedHashMap<>(this.headers);
      return lastEventId -> {
        var values = new LinkedHashMap<String, String>();
        headers.forEach(
            (name, value) -> {
              String text = value.get();
              if (text != null) values.put(name, text);
            });
        URI to = uri.get();
        requireHttp(to);
        byte[] bytes = body.get();
        var publisher = bytes == null ? null : HttpRequest.BodyPublishers.ofByteArray(bytes);
        return new StreamRequest(to, method.get(), values, publisher, lastEventId);
      };
    }

    private static Duration notNegative(Duration time) {
      if (time.isNegative()) throw new IllegalArgumentException("negative duration: " + time);
      return time;
    }
  }
}
