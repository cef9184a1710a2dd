package io.runnel.hub;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import io.runnel.engine.HubSettings;
import io.runnel.engine.MemoryHistory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One thing that can be set on a hub: its name, how its value is written, its default, its meaning.
 *
 * <p>This table is the only place where a key is made. The flags of {@code runnel serve}, the keys
 * of the file, the environment variables and {@code docs/configuration.md} all come from it.
 *
 * @param <T> the type of its value
 */
public final class ConfigKey<T> {
  private static final List<ConfigKey<?>> ALL = new ArrayList<>();

  private static final int MAX = Integer.MAX_VALUE;
  private static final Path NO_PATH = Path.of("");

  /** See {@link HubConfig#host()}. */
  public static final ConfigKey<String> HOST =
      key("host", ValueType.text("address", "an address or a host name"), "127.0.0.1")
          .means(
              "The address to listen on. Wider than loopback needs publish tokens, or `insecure`.");

  /** See {@link HubConfig#port()}. */
  public static final ConfigKey<Integer> PORT =
      key("port", ValueType.integer(0, 65535), 8080)
          .means("The port to listen on; 0 takes any that is free.");

  /** See {@link HubConfig#serverNames()}. */
  public static final ConfigKey<List<String>> SERVER_NAME =
      key(
              "server-name",
              ValueType.matching(
                      "name",
                      "a host name without a port, such as shop.example",
                      Pattern.compile("(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?"))
                  .several(",;"),
              List.of())
          .defaultsTo("none: on loopback and without TLS no name that has a dot, else any")
          .means(
              "A name under which the hub is reached, such as that which a proxy passes on in `Host`."
                  + " Addresses, `localhost`, what is below it and names without a dot need not be"
                  + " listed; any other name is answered 421. It is what keeps a stranger's page out"
                  + " whose name was made to mean 127.0.0.1 (DNS rebinding).")
          .countedBy(Metrics.answered(421));

  /** See {@link HubConfig#adminHost()}. */
  public static final ConfigKey<String> ADMIN_HOST =
      key("admin-host", ValueType.text("address", "an address or a host name"), "127.0.0.1")
          .means("The address of the admin port.");

  /** See {@link HubConfig#adminPort()}. */
  public static final ConfigKey<Integer> ADMIN_PORT =
      key("admin-port", ValueType.integer(0, 65535), 8081)
          .means("The port of `/healthz`, `/readyz` and `/metrics`; 0 takes any that is free.");

  /** See {@link HubConfig#threads()}. */
  public static final ConfigKey<Integer> THREADS =
      key("threads", ValueType.integer(1, 64), processors())
          .defaultsTo("the number of processors")
          .means("Event loops, each a thread with a share of the connections.");

  /** See {@link HubConfig#nativeIo()}. */
  public static final ConfigKey<Boolean> NATIVE_IO =
      key("native-io", ValueType.bool(), true)
          .means(
              "Use the system's own epoll where there is a build of it; otherwise, and where there"
                  + " is none, the JDK's sockets, which cost more for each delivery.");

  /** See {@link HubConfig#tlsCert()}. */
  public static final ConfigKey<Path> TLS_CERT =
      key("tls-cert", ValueType.path("file"), NO_PATH)
          .defaultsTo("none: without TLS")
          .means("The certificate chain (PEM) with which to speak TLS; needs `tls-key`.")
          .countedBy(Metrics.HANDSHAKES_FAILED);

  /** See {@link HubConfig#tlsKey()}. */
  public static final ConfigKey<Path> TLS_KEY =
      key("tls-key", ValueType.path("file"), NO_PATH)
          .defaultsTo("none")
          .means("The private key of the certificate (PEM, PKCS #8, no passphrase).");

  /** See {@link HubConfig#data()}. */
  public static final ConfigKey<Path> DATA =
      key("data", ValueType.path("directory"), NO_PATH)
          .defaultsTo("what `-Drunnel.data` says (`./run`: `data` beside it), else none: in memory")
          .means("The directory in which events are kept, for this hub alone.");

  /** See {@link HubConfig#data()}. */
  public static final ConfigKey<Boolean> MEMORY =
      key("memory", ValueType.bool(), false)
          .means("Keep events in memory only, gone when the hub stops, whatever `data` says.");

  /** See {@link HubConfig#retain()}. */
  public static final ConfigKey<List<RetainRule>> RETAIN =
      key("retain", RetainRule.TYPE.several(";"), List.of())
          .defaultsTo("10,000 events, 16 MiB, 24 h of every topic")
          .means(
              "How much is kept of each topic that the pattern means: an event goes as soon as one"
                  + " of the three bounds says so. The first rule that matches a topic counts; `-`"
                  + " leaves a bound at its default.")
          .countedBy(Metrics.trimmedEvents("events"));

  /** See {@link HubConfig#historyMaxBytes()}. */
  public static final ConfigKey<Long> HISTORY_MAX_BYTES =
      key("history-max-bytes", ValueType.size(1 << 20, 1L << 50), MemoryHistory.DEFAULT_MAX_BYTES)
          .means(
              "The most that is kept of all topics together; the oldest events give way. In memory"
                  + " each counts 32 bytes more than it has, 192 with an id of its publisher's.")
          .countedBy(Metrics.trimmedEvents("history-max-bytes"));

  /** See {@link HubConfig#windowEvents()}. */
  public static final ConfigKey<Integer> WINDOW_EVENTS =
      key("window-events", ValueType.integer(16, 1 << 24), HubSettings.DEFAULT.windowEvents())
          .means("The newest events, which live subscribers are written from without a read.")
          .countedBy(Metrics.LANES_BEHIND);

  /** See {@link HubConfig#windowBytes()}. */
  public static final ConfigKey<Long> WINDOW_BYTES =
      key("window-bytes", ValueType.size(64 << 10, 1L << 34), HubSettings.DEFAULT.windowBytes())
          .means("The most bytes of these.")
          .countedBy(Metrics.LANES_BEHIND);

  /** See {@link HubConfig#slowConsumer()}. */
  public static final ConfigKey<List<SlowConsumerRule>> SLOW_CONSUMER =
      key("slow-consumer", SlowConsumerRule.TYPE.several(";,"), List.of())
          .defaultsTo("disconnect, for every topic")
          .means(
              "What becomes of a subscriber that falls behind what is kept: `disconnect` (it comes"
                  + " back by itself), `skip` (to the oldest kept), or `latest` (to the newest, as"
                  + " soon as it is held up). The first rule that matches a topic counts.")
          .countedBy(Metrics.SLOW_DISCONNECTS);

  /** See {@link HubConfig#heartbeat()}. */
  public static final ConfigKey<Duration> HEARTBEAT =
      key("heartbeat", ValueType.seconds(ofSeconds(1), ofHours(1)), ofSeconds(15))
          .means("How long a stream may be quiet before a heartbeat is sent.")
          .countedBy(Metrics.HEARTBEATS);

  /** See {@link HubConfig#reconnectionTime()}. */
  public static final ConfigKey<Duration> RECONNECTION_TIME =
      key("reconnection-time", ValueType.duration(ofMillis(0), ofHours(1)), ofSeconds(2))
          .means(
              "How long clients wait before they reconnect; each is told up to half as much again,"
                  + " so that they do not all come back at once.");

  /** See {@link HubConfig#writeTimeout()}. */
  public static final ConfigKey<Duration> WRITE_TIMEOUT =
      key("write-timeout", ValueType.seconds(ofSeconds(1), ofHours(1)), ofSeconds(60))
          .means("How long a subscriber may take nothing at all before it is disconnected.")
          .countedBy(Metrics.SLOW_DISCONNECTS);

  /** See {@link HubConfig#longPollWait()}. */
  public static final ConfigKey<Duration> LONG_POLL_WAIT =
      key("long-poll-wait", ValueType.duration(ofMillis(100), ofMinutes(10)), ofSeconds(25))
          .means(
              "How long a long poll waits for its first event before it is answered without one;"
                  + " keep it below what proxies in between wait for an answer.")
          .countedBy(Metrics.POLLS);

  /** See {@link HubConfig#drain()}. */
  public static final ConfigKey<Duration> DRAIN =
      key("drain", ValueType.seconds(ofSeconds(0), ofMinutes(10)), ofSeconds(5))
          .means("Over how long a stopping hub spreads the closing of its connections.");

  /** See {@link HubConfig#maxTopics()}. */
  public static final ConfigKey<Integer> MAX_TOPICS =
      key("max-topics", ValueType.integer(1, MAX), HubSettings.DEFAULT.maxTopics())
          .means("The most topics. A publish or subscription that needs one more is refused.")
          .countedBy(Metrics.PUBLISHES_REFUSED);

  /** See {@link HubConfig#maxTopicsPerSubscription()}. */
  public static final ConfigKey<Integer> MAX_TOPICS_PER_SUBSCRIPTION =
      key(
              "max-topics-per-subscription",
              ValueType.integer(1, 65536),
              HubSettings.DEFAULT.maxTopicsPerSubscription())
          .means("The most topics and patterns that one subscriber may ask for.")
          .countedBy(Metrics.answered(400));

  /** See {@link HubConfig#maxConnections()}. */
  public static final ConfigKey<Integer> MAX_CONNECTIONS =
      key("max-connections", ValueType.integer(1, 10_000_000), OpenFiles.defaultMaxConnections())
          .defaultsTo("90 % of the limit of open files, at most 1,000,000")
          .means(
              "The most connections at a time; one more is told to come back later. Beyond a twentieth"
                  + " more (8 at least) they are closed at once.")
          .countedBy(Metrics.CONNECTIONS_REFUSED);

  /** See {@link HubConfig#maxStreamsPerConnection()}. */
  public static final ConfigKey<Integer> MAX_STREAMS_PER_CONNECTION =
      key("max-streams-per-connection", ValueType.integer(1, 65536), 256)
          .means(
              "The most streams of one HTTP/2 connection; one more is refused. A client that resets"
                  + " four times as many in 10 s is disconnected.")
          .countedBy(Metrics.HTTP2_FLOODS);

  /** See {@link HubConfig#maxBody()}. */
  public static final ConfigKey<Long> MAX_BODY =
      key("max-body", ValueType.size(1, 16 << 20), 1L << 20)
          .means("The largest body of a publish. A larger one is answered 413.")
          .countedBy(Metrics.answered(413));

  /** See {@link HubConfig#maxRequestHeaderBytes()}. */
  public static final ConfigKey<Long> MAX_REQUEST_HEADER_BYTES =
      key("max-request-header-bytes", ValueType.size(1 << 10, 1 << 20), 16L << 10)
          .means("The largest header of a request. A larger one is answered 431.")
          .countedBy(Metrics.answered(431));

  /** See {@link HubConfig#maxUriBytes()}. */
  public static final ConfigKey<Long> MAX_URI_BYTES =
      key("max-uri-bytes", ValueType.size(256, 1 << 20), 8L << 10)
          .means("The longest request line. A longer one is answered 414.")
          .countedBy(Metrics.answered(414));

  /** See {@link HubConfig#requestTimeout()}. */
  public static final ConfigKey<Duration> REQUEST_TIMEOUT =
      key("request-timeout", ValueType.duration(ofMillis(100), ofHours(1)), ofSeconds(10))
          .means("How long the header and the body of a request may take to arrive.")
          .countedBy(Metrics.REQUEST_TIMEOUTS);

  /** See {@link HubConfig#idleTimeout()}. */
  public static final ConfigKey<Duration> IDLE_TIMEOUT =
      key("idle-timeout", ValueType.duration(ofMillis(100), ofDays(1)), ofSeconds(75))
          .means(
              "How long a connection may wait for its next request, or take nothing of its answers.")
          .countedBy(Metrics.IDLE_TIMEOUTS);

  /** See {@link HubConfig#publishTokens()}. */
  public static final ConfigKey<List<String>> PUBLISH_TOKEN =
      key(
              "publish-token",
              ValueType.matching(
                      "token",
                      "16 to 512 of the characters A-Z a-z 0-9 - . _ ~ + / =, such as `openssl rand"
                          + " -hex 24` prints",
                      Pattern.compile("[A-Za-z0-9._~+/=-]{16,512}"))
                  .several(",;"),
              List.of())
          .secret()
          .defaultsTo("none: whoever reaches the hub may publish")
          .means("A bearer token that allows to publish; several may be valid at a time.")
          .countedBy(Metrics.answered(401));

  /** The file of more publish tokens. */
  public static final ConfigKey<Path> PUBLISH_TOKEN_FILE =
      key("publish-token-file", ValueType.path("file"), NO_PATH)
          .defaultsTo("none")
          .means("A file of publish tokens, one a line; `#` begins a comment.");

  /** See {@link HubConfig#subscribeTokens()}. */
  public static final ConfigKey<List<String>> SUBSCRIBE_TOKEN =
      key("subscribe-token", PUBLISH_TOKEN.type, List.of())
          .secret()
          .defaultsTo("none: whoever reaches the hub may subscribe")
          .means(
              "A bearer token that allows to subscribe, sent like that of a publisher, or as the"
                  + " parameter `token` by clients that cannot send headers; several may be valid"
                  + " at a time. Publish tokens allow it, too.")
          .countedBy(Metrics.answered(401));

  /** See {@link HubConfig#insecure()}. */
  public static final ConfigKey<Boolean> INSECURE =
      key("insecure", ValueType.bool(), false)
          .means("Start without publish tokens although bound wider than loopback.");

  /** See {@link HubConfig#corsOrigins()}. */
  public static final ConfigKey<List<String>> CORS_ORIGIN =
      key(
              "cors-origin",
              ValueType.matching(
                      "origin",
                      "scheme://host or scheme://host:port as a browser writes it: in lower case,"
                          + " without a path and without the scheme's own port, such as"
                          + " https://shop.example",
                      Pattern.compile(
                          "(?!http://[^/]*:0*80$)(?!https://[^/]*:0*443$)"
                              + "[a-z][a-z0-9+.-]*://(\\[[0-9a-f:.]+]|[a-z0-9._-]+)(:[0-9]{1,5})?"))
                  .several(",;"),
              List.of())
          .defaultsTo("none: pages of the hub's own origin only")
          .means("An origin whose pages may read and publish; compared exactly.");

  private final String name;
  private final ValueType<T> type;
  private final T defaultValue;
  private String defaultText;
  private String meaning = "";
  private @Nullable String counter;
  private boolean isSecret;

  private ConfigKey(String name, ValueType<T> type, T defaultValue) {
    this.name = name;
    this.type = type;
    this.defaultValue = defaultValue;
    defaultText = type.format(defaultValue);
  }

  /** Every key, in the order in which they are documented. */
  public static List<ConfigKey<?>> all() {
    return Collections.unmodifiableList(ALL);
  }

  /** Its name in the file; {@code --} before it makes the flag. */
  public String name() {
    return name;
  }

  /** Its name in the environment: {@code max-topics} is {@code RUNNEL_MAX_TOPICS}. */
  public String environmentName() {
    return "RUNNEL_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  /** The value that it has when nobody sets it. */
  public T defaultValue() {
    return defaultValue;
  }

  /** The default as documentation writes it. */
  public String defaultText() {
    return defaultText;
  }

  /** What it is for, in a sentence or two. */
  public String meaning() {
    return meaning;
  }

  /** The metric that counts when it was reached or what it did, or null. */
  public @Nullable String counter() {
    return counter;
  }

  /**
   * Whether it is never shown and never given as a flag, which other users of a machine could see.
   */
  public boolean isSecret() {
    return isSecret;
  }

  /** Whether it may be given more than once. */
  public boolean isRepeatable() {
    return type.isRepeatable();
  }

  @Override
  public String toString() {
    return name;
  }

  ValueType<T> type() {
    return type;
  }

  private static <T> ConfigKey<T> key(String name, ValueType<T> type, T defaultValue) {
    var key = new ConfigKey<T>(name, type, defaultValue);
    ALL.add(key);
    return key;
  }

  private static int processors() {
    return Math.min(64, Runtime.getRuntime().availableProcessors());
  }

  // Called while the table is made, and never after.

  private ConfigKey<T> means(String meaning) {
    this.meaning = meaning;
    return this;
  }

  private ConfigKey<T> defaultsTo(String defaultText) {
    this.defaultText = defaultText;
    return this;
  }

  private ConfigKey<T> countedBy(String counter) {
    this.counter = counter;
    return this;
  }

  private ConfigKey<T> secret() {
    isSecret = true;
    return this;
  }
}
