package io.runnel.spring;

import io.runnel.engine.HubSettings;
import io.runnel.engine.Retention;
import io.runnel.engine.SlowConsumerPolicy;
import io.runnel.engine.TopicPattern;
import io.runnel.engine.TopicRules;
import io.runnel.servlet.PrivateStreams;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The properties {@code runnel.*}: the same names, limits and defaults as the stand-alone hub's.
 *
 * @param data Directory in which events are kept; without it they are kept in memory. Needs
 *     io.runnel:runnel-history-sqlite.
 * @param retain How much is kept of which topics: the first rule that matches a topic counts.
 * @param historyMaxBytes The most that is kept of all topics together; the oldest events give way.
 * @param windowEvents The newest events, which live subscribers are written from without a read.
 * @param windowBytes The most bytes of these.
 * @param slowConsumers What becomes of subscribers that fall behind what is kept: the first rule
 *     that matches a topic counts.
 * @param heartbeat How long a stream may be quiet before a heartbeat is sent, in whole seconds.
 * @param reconnectionTime How long clients wait before they reconnect; each is told up to half as
 *     much again.
 * @param writeTimeout How long a client may take nothing at all before it is disconnected, in whole
 *     seconds.
 * @param drain Over how long a stopping application spreads the closing of its streams, in whole
 *     seconds.
 * @param endWithSession Whether a stream ends with the login session of its request.
 * @param resumableFor How long a resumable answer waits for its client to come back, in whole
 *     seconds.
 * @param maxTopics The most topics; a publish or subscription that needs one more is refused.
 * @param maxTopicsPerSubscription The most topics and patterns that one stream may ask for.
 * @param maxEventBytes The most bytes of one event.
 * @param maxStreams The most streams at a time; one more is told to come back later.
 * @param maxPendingBytes The most that an emitter sends ahead of what its client has taken; a
 *     client that falls further behind is disconnected.
 * @param lanes Threads that write to clients, 1 to 64; without it one a processor, at most 4.
 */
@ConfigurationProperties("runnel")
public record RunnelProperties(
    @Nullable Path data,
    @DefaultValue List<Retain> retain,
    @DefaultValue("256MB") DataSize historyMaxBytes,
    @DefaultValue("65536") int windowEvents,
    @DefaultValue("64MB") DataSize windowBytes,
    @DefaultValue List<SlowConsumer> slowConsumers,
    @DefaultValue("15s") Duration heartbeat,
    @DefaultValue("2s") Duration reconnectionTime,
    @DefaultValue("60s") Duration writeTimeout,
    @DefaultValue("5s") Duration drain,
    @DefaultValue("true") boolean endWithSession,
    @DefaultValue("10m") Duration resumableFor,
    @DefaultValue("100000") int maxTopics,
    @DefaultValue("256") int maxTopicsPerSubscription,
    @DefaultValue("1MB") DataSize maxEventBytes,
    @DefaultValue("10000") int maxStreams,
    @DefaultValue("256KB") DataSize maxPendingBytes,
    @Nullable Integer lanes) {
  private static final Duration HOUR = Duration.ofHours(1);

  /**
   * Checks the values.
   *
   * @throws InvalidRunnelPropertyException if one breaks its rule; the message names all three
   */
  public RunnelProperties {
    requireSize("history-max-bytes", historyMaxBytes, 1 << 20, Long.MAX_VALUE);
    requireNumber("window-events", windowEvents, 16, 1 << 24);
    requireSize("window-bytes", windowBytes, 64 << 10, 16L << 30);
    requireSeconds("heartbeat", heartbeat, 1, HOUR);
    requireTime("reconnection-time", reconnectionTime);
    requireSeconds("write-timeout", writeTimeout, 1, HOUR);
    requireSeconds("drain", drain, 0, Duration.ofMinutes(10));
    requireSeconds("resumable-for", resumableFor, 1, Duration.ofDays(1));
    requireNumber("max-topics", maxTopics, 1, Integer.MAX_VALUE);
    requireNumber("max-topics-per-subscription", maxTopicsPerSubscription, 1, 1 << 16);
    requireSize("max-event-bytes", maxEventBytes, 1, 16 << 20);
    requireNumber("max-streams", maxStreams, 1, 10_000_000);
    requireSize("max-pending-bytes", maxPendingBytes, 1 << 10, 1 << 30);
    if (lanes != null) requireNumber("lanes", lanes, 1, 64);
    retain = List.copyOf(retain);
    slowConsumers = List.copyOf(slowConsumers);
    for (int i = 0; i < retain.size(); i++) retain.get(i).check("retain[" + i + "].");
    for (int i = 0; i < slowConsumers.size(); i++) {
      pattern("slow-consumers[" + i + "].topics", slowConsumers.get(i).topics());
    }
  }

  /**
   * How much is kept of each topic that a pattern means; an event goes as soon as one of the bounds
   * says so.
   *
   * @param topics The topics: a name, or a pattern such as orders/**.
   * @param events The most events.
   * @param bytes The most bytes.
   * @param age The oldest.
   */
  public record Retain(
      String topics,
      @DefaultValue("10000") long events,
      @DefaultValue("16MB") DataSize bytes,
      @DefaultValue("24h") Duration age) {
    private void check(String prefix) {
      pattern(prefix + "topics", topics);
      requireNumber(prefix + "events", events, 1, Long.MAX_VALUE);
      requireSize(prefix + "bytes", bytes, 1, Long.MAX_VALUE);
      if (age.isZero() || age.isNegative()) {
        throw new InvalidRunnelPropertyException(prefix + "age", age, "a duration above 0s");
      }
    }
  }

  /**
   * What becomes of a subscriber that falls behind.
   *
   * @param topics The topics: a name, or a pattern such as movement/**.
   * @param policy disconnect (it comes back by itself), skip (to the oldest kept) or latest (to the
   *     newest, as soon as it is held up).
   */
  public record SlowConsumer(String topics, SlowConsumerPolicy policy) {}

  HubSettings hubSettings() {
    TopicRules<SlowConsumerPolicy> policies = TopicRules.always(SlowConsumerPolicy.DISCONNECT);
    for (SlowConsumer rule : slowConsumers) {
      policies = policies.and(new TopicPattern(rule.topics()), rule.policy());
    }
    return new HubSettings(
        policies,
        heartbeat,
        reconnectionTime,
        writeTimeout,
        maxTopics,
        maxTopicsPerSubscription,
        (int) maxEventBytes.toBytes(),
        windowEvents,
        windowBytes.toBytes());
  }

  TopicRules<Retention> retention() {
    TopicRules<Retention> rules = TopicRules.always(Retention.DEFAULT);
    for (Retain rule : retain) {
      rules =
          rules.and(
              new TopicPattern(rule.topics()),
              new Retention(rule.events(), rule.bytes().toBytes(), rule.age()));
    }
    return rules.and(PrivateStreams.PATTERN, PrivateStreams.retention(resumableFor));
  }

  int laneCount() {
    if (lanes != null) return lanes;
    return Math.min(4, Runtime.getRuntime().availableProcessors());
  }

  // ---------------------------------------------------------------- rules

  private static void pattern(String name, @Nullable String topics) {
    if (topics == null) {
      throw new InvalidRunnelPropertyException(name, "(nothing)", "a topic or a pattern");
    }
    try {
      var unused = new TopicPattern(topics);
    } catch (IllegalArgumentException e) {
      throw new InvalidRunnelPropertyException(
          name, topics, "a topic or a pattern, but " + e.getMessage());
    }
  }

  private static void requireNumber(String name, long value, long least, long most) {
    if (value >= least && value <= most) return;
    String rule =
        most == Long.MAX_VALUE || most == Integer.MAX_VALUE
            ? "a whole number from " + least
            : "a whole number from " + least + " to " + most;
    throw new InvalidRunnelPropertyException(name, value, rule);
  }

  private static void requireSize(String name, DataSize value, long least, long most) {
    if (value.toBytes() >= least && value.toBytes() <= most) return;
    String rule = "a size from " + size(least);
    if (most != Long.MAX_VALUE) rule += " to " + size(most);
    throw new InvalidRunnelPropertyException(name, value, rule);
  }

  private static String size(long bytes) {
    if (bytes >= 1L << 30) return (bytes >> 30) + "GB";
    if (bytes >= 1 << 20) return (bytes >> 20) + "MB";
    return bytes >= 1 << 10 ? (bytes >> 10) + "KB" : bytes + "B";
  }

  private static void requireSeconds(String name, Duration value, long least, Duration most) {
    boolean isWhole = value.equals(Duration.ofSeconds(value.toSeconds()));
    if (isWhole && value.toSeconds() >= least && value.compareTo(most) <= 0) return;
    throw new InvalidRunnelPropertyException(
        name,
        value,
        "whole seconds, from " + least + "s to " + most.toSeconds() + "s, such as 15s");
  }

  private static void requireTime(String name, Duration value) {
    if (!value.isNegative() && value.compareTo(HOUR) <= 0) return;
    throw new InvalidRunnelPropertyException(name, value, "a duration from 0s to 1h, such as 2s");
  }
}
