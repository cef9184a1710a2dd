package io.runnel.hub;

import io.runnel.engine.HubSettings;
import io.runnel.engine.Retention;
import io.runnel.engine.SlowConsumerPolicy;
import io.runnel.engine.TopicRules;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be set on a hub. Immutable; each value has been checked by its {@link
 * ConfigKey}.
 *
 * <pre>{@code
 * HubConfig config = HubConfig.DEFAULT.with(ConfigKey.PORT, 0).with(ConfigKey.ADMIN_PORT, 0);
 * }</pre>
 */
public final class HubConfig {
  /** Nothing set: on loopback, in memory. */
  public static final HubConfig DEFAULT = new HubConfig(Map.of());

  private final Map<ConfigKey<?>, Object> values;

  private HubConfig(Map<ConfigKey<?>, Object> values) {
    this.values = Map.copyOf(values);
  }

  /** The value of a key. */
  @SuppressWarnings("unchecked") // with() is the only way in, and its types agree
  public <T> T get(ConfigKey<T> key) {
    Object value = values.get(key);
    return value == null ? key.defaultValue() : (T) value;
  }

  /**
   * This configuration with one value changed.
   *
   * @throws IllegalArgumentException if the value breaks the key's rule; the message names the key,
   *     the value and the rule
   */
  public <T> HubConfig with(ConfigKey<T> key, T value) {
    if (value instanceof List<?> several) several.forEach(one -> checkOne(key, one));
    else check(key, value);
    var more = new HashMap<>(values);
    more.put(key, value);
    return new HubConfig(more);
  }

  @SuppressWarnings("unchecked") // the elements of a T that is a list, one at a time, are a T
  private static <T> void checkOne(ConfigKey<T> key, Object element) {
    check(key, (T) List.of(element));
  }

  /** What can be written and read again is within the rule. */
  private static <T> void check(ConfigKey<T> key, T value) {
    String text = key.type().format(value);
    try {
      key.type().parse(text);
    } catch (IllegalArgumentException e) {
      String shown = key.isSecret() ? "***" : text;
      throw new IllegalArgumentException(key + " = " + shown + ": " + e.getMessage(), e);
    }
  }

  // ---------------------------------------------------------------- where it listens

  /** The address to listen on. */
  public String host() {
    return get(ConfigKey.HOST);
  }

  /** The port to listen on; 0 takes any that is free. */
  public int port() {
    return get(ConfigKey.PORT);
  }

  /** Names under which it is reached, beyond those that nobody else can have. */
  public List<String> serverNames() {
    return get(ConfigKey.SERVER_NAME);
  }

  /** The address of the admin port. */
  public String adminHost() {
    return get(ConfigKey.ADMIN_HOST);
  }

  /** The port of {@code /healthz}, {@code /readyz}, {@code /metrics}; 0 takes any that is free. */
  public int adminPort() {
    return get(ConfigKey.ADMIN_PORT);
  }

  /** Event loops, 1 to 64. */
  public int threads() {
    return get(ConfigKey.THREADS);
  }

  /** Whether the system's own epoll is used where it can be. */
  public boolean nativeIo() {
    return get(ConfigKey.NATIVE_IO);
  }

  /** The certificate chain with which to speak TLS, or null: without TLS. */
  public @Nullable Path tlsCert() {
    return pathOrNull(ConfigKey.TLS_CERT);
  }

  /** The private key of the certificate, or null. */
  public @Nullable Path tlsKey() {
    return pathOrNull(ConfigKey.TLS_KEY);
  }

  private @Nullable Path pathOrNull(ConfigKey<Path> key) {
    Path path = get(key);
    return path.toString().isEmpty() ? null : path;
  }

  // ---------------------------------------------------------------- what is kept

  /** The directory in which events are kept, or null: in memory. */
  public @Nullable Path data() {
    return get(ConfigKey.MEMORY) ? null : pathOrNull(ConfigKey.DATA);
  }

  /** How much is kept of which topics; the first rule that matches counts. */
  public List<RetainRule> retain() {
    return get(ConfigKey.RETAIN);
  }

  /** How much is kept of each topic: {@link #retain()} and, after it, the default. */
  public TopicRules<Retention> retention() {
    TopicRules<Retention> rules = TopicRules.always(Retention.DEFAULT);
    for (RetainRule rule : retain()) rules = rules.and(rule.topics(), rule.retention());
    return rules;
  }

  /** The most bytes that are kept of all topics together. */
  public long historyMaxBytes() {
    return get(ConfigKey.HISTORY_MAX_BYTES);
  }

  /** The most events in the window that live subscribers are written from. */
  public int windowEvents() {
    return get(ConfigKey.WINDOW_EVENTS);
  }

  /** The most bytes in that window. */
  public long windowBytes() {
    return get(ConfigKey.WINDOW_BYTES);
  }

  // ---------------------------------------------------------------- streams

  /** What becomes of slow consumers of which topics; the first rule that matches counts. */
  public List<SlowConsumerRule> slowConsumer() {
    return get(ConfigKey.SLOW_CONSUMER);
  }

  /** What becomes of slow consumers of each topic: disconnected, unless a rule says otherwise. */
  public TopicRules<SlowConsumerPolicy> slowConsumers() {
    TopicRules<SlowConsumerPolicy> rules = TopicRules.always(SlowConsumerPolicy.DISCONNECT);
    for (SlowConsumerRule rule : slowConsumer()) rules = rules.and(rule.topics(), rule.policy());
    return rules;
  }

  /** How long a stream may be quiet, in whole seconds. */
  public Duration heartbeat() {
    return get(ConfigKey.HEARTBEAT);
  }

  /** The least of {@code retry:}. */
  public Duration reconnectionTime() {
    return get(ConfigKey.RECONNECTION_TIME);
  }

  /** How long a subscriber may take nothing at all, in whole seconds. */
  public Duration writeTimeout() {
    return get(ConfigKey.WRITE_TIMEOUT);
  }

  /** How long a long poll waits for its first event. */
  public Duration longPollWait() {
    return get(ConfigKey.LONG_POLL_WAIT);
  }

  /** Over how long a stopping hub closes its connections, in whole seconds. */
  public Duration drain() {
    return get(ConfigKey.DRAIN);
  }

  // ---------------------------------------------------------------- limits

  /** The most topics. */
  public int maxTopics() {
    return get(ConfigKey.MAX_TOPICS);
  }

  /** The most topics and patterns of one subscription. */
  public int maxTopicsPerSubscription() {
    return get(ConfigKey.MAX_TOPICS_PER_SUBSCRIPTION);
  }

  /** The most connections at a time. */
  public int maxConnections() {
    return get(ConfigKey.MAX_CONNECTIONS);
  }

  /** The most streams of one HTTP/2 connection. */
  public int maxStreamsPerConnection() {
    return get(ConfigKey.MAX_STREAMS_PER_CONNECTION);
  }

  /** The largest body of a publish, in bytes. */
  public int maxBody() {
    return get(ConfigKey.MAX_BODY).intValue();
  }

  /** The largest header of a request, in bytes. */
  public int maxRequestHeaderBytes() {
    return get(ConfigKey.MAX_REQUEST_HEADER_BYTES).intValue();
  }

  /** The longest request line, in bytes. */
  public int maxUriBytes() {
    return get(ConfigKey.MAX_URI_BYTES).intValue();
  }

  /** How long the header and the body of a request may take to arrive. */
  public Duration requestTimeout() {
    return get(ConfigKey.REQUEST_TIMEOUT);
  }

  /** How long a connection may wait for its next request, or take nothing of its answers. */
  public Duration idleTimeout() {
    return get(ConfigKey.IDLE_TIMEOUT);
  }

  // ---------------------------------------------------------------- who may

  /** Bearer tokens that allow to publish; empty: whoever reaches the hub may. Never log them. */
  public List<String> publishTokens() {
    return get(ConfigKey.PUBLISH_TOKEN);
  }

  /** Bearer tokens that allow to subscribe; empty: whoever reaches the hub may. Never log them. */
  public List<String> subscribeTokens() {
    return get(ConfigKey.SUBSCRIBE_TOKEN);
  }

  /** Whether it may start without publish tokens although bound wider than loopback. */
  public boolean insecure() {
    return get(ConfigKey.INSECURE);
  }

  /** Origins whose pages may read and publish; compared exactly. */
  public List<String> corsOrigins() {
    return get(ConfigKey.CORS_ORIGIN);
  }

  // ---------------------------------------------------------------- what follows from it

  /** The part of it that the engine takes. */
  public HubSettings engineSettings() {
    return new HubSettings(
        slowConsumers(),
        heartbeat(),
        reconnectionTime(),
        writeTimeout(),
        maxTopics(),
        maxTopicsPerSubscription(),
        maxEventBytes(),
        windowEvents(),
        windowBytes());
  }

  /** Encoded, an event of nothing but line breaks is seven times its body: "data: " for each. */
  private int maxEventBytes() {
    return 7 * maxBody() + 1024;
  }

  /**
   * Refuses what would let strangers publish.
   *
   * @throws ConfigException if the hub is to listen wider than on loopback, has no publish tokens,
   *     and was not told in words that this is meant
   */
  public void requireSafe() throws ConfigException {
    if (insecure() || !publishTokens().isEmpty() || isLoopback(host())) return;
    throw new ConfigException(
        "host = "
            + host()
            + " is wider than loopback and there is no publish token: anybody who reaches this port"
            + " could publish; set publish-token-file or RUNNEL_PUBLISH_TOKEN, or say --insecure");
  }

  static boolean isLoopback(String host) throws ConfigException {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new ConfigException("host = " + host + ": no such host");
    }
  }

  /** The keys that differ from their defaults; secrets are masked. */
  @Override
  public String toString() {
    var text = new StringBuilder("HubConfig[");
    for (ConfigKey<?> key : ConfigKey.all()) {
      if (!values.containsKey(key)) continue;
      if (text.charAt(text.length() - 1) != '[') text.append(", ");
      text.append(key).append(" = ").append(show(key));
    }
    return text.append(']').toString();
  }

  /** The value as it may be shown to anybody. */
  <T> String show(ConfigKey<T> key) {
    T value = get(key);
    if (key.isSecret() && value instanceof List<?> secrets)
      return "*** ".repeat(secrets.size()).strip();
    return key.type().format(value);
  }
}
