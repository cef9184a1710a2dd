package io.runnel.engine;

import java.time.Duration;

/**
 * The limits and times of a hub, each with its default in {@link #DEFAULT}.
 *
 * @param slowConsumers what becomes of a subscriber that falls behind
 * @param heartbeat how long a stream may be quiet, in whole seconds, at least one
 * @param reconnectionTime the least of {@code retry:}; each connection is given up to half as much
 *     again, at random, so that they do not all come back at once
 * @param writeTimeout how long a subscriber may take nothing at all before it is disconnected, in
 *     whole seconds
 * @param maxTopics the most topics
 * @param maxTopicsPerSubscription the most topics and patterns that one subscriber asks for
 * @param maxEventBytes the most bytes of one event's block, its id not counted
 * @param windowEvents the most events in the window that live subscribers are written from
 * @param windowBytes the most bytes in it
 */
public record HubSettings(
    TopicRules<SlowConsumerPolicy> slowConsumers,
    Duration heartbeat,
    Duration reconnectionTime,
    Duration writeTimeout,
    int maxTopics,
    int maxTopicsPerSubscription,
    int maxEventBytes,
    int windowEvents,
    long windowBytes) {
  /** Disconnect; 15 s, 2 s, 60 s; 100,000 topics, 256 of them a subscription; 1 MiB; 64 MiB. */
  public static final HubSettings DEFAULT =
      new HubSettings(
          TopicRules.always(SlowConsumerPolicy.DISCONNECT),
          Duration.ofSeconds(15),
          Duration.ofSeconds(2),
          Duration.ofSeconds(60),
          100_000,
          256,
          1 << 20,
          1 << 16,
          64L << 20);

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of its range; the message names it
   */
  public HubSettings {
    requireSeconds("heartbeat", heartbeat);
    requireSeconds("write timeout", writeTimeout);
    if (reconnectionTime.isNegative()) {
      throw new IllegalArgumentException("reconnection time of " + reconnectionTime);
    }
    requirePositive("topics", maxTopics);
    requirePositive("topics a subscription", maxTopicsPerSubscription);
    requirePositive("bytes an event", maxEventBytes);
    requirePositive("events in the window", windowEvents);
    requirePositive("bytes in the window", windowBytes);
  }

  private static void requireSeconds(String what, Duration value) {
    if (value.toSeconds() < 1) throw new IllegalArgumentException(what + " of " + value);
  }

  private static void requirePositive(String what, long value) {
    if (value < 1) throw new IllegalArgumentException(value + " " + what);
  }

  /** These settings with another policy for slow consumers. */
  public HubSettings withSlowConsumers(TopicRules<SlowConsumerPolicy> slowConsumers) {
    return new HubSettings(
        slowConsumers,
        heartbeat,
        reconnectionTime,
        writeTimeout,
        maxTopics,
        maxTopicsPerSubscription,
        maxEventBytes,
        windowEvents,
        windowBytes);
  }
}
