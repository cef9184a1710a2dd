package io.runnel.engine;

import java.util.LinkedHashSet;
import java.util.List;

/**
 * What a subscriber asks for.
 *
 * @param topics topics and patterns, at least one; repetitions are dropped
 * @param start where to begin
 * @param opening whether to send {@code runnel.open} first
 * @param heartbeat how to show that a quiet stream lives
 */
public record SubscriptionRequest(
    List<TopicPattern> topics, Start start, boolean opening, Heartbeat heartbeat) {
  /** How a quiet stream shows that it lives. */
  public enum Heartbeat {
    /** A comment, which an {@code EventSource} does not show to its page. */
    COMMENT,
    /** An event of type {@code runnel.heartbeat}, which a page can hear. */
    EVENT
  }

  /**
   * Checks and drops repetitions.
   *
   * @throws IllegalArgumentException if no topic is named
   */
  public SubscriptionRequest {
    topics = List.copyOf(new LinkedHashSet<>(topics));
    if (topics.isEmpty()) throw new IllegalArgumentException("no topic");
  }

  /** A request with the opening event and comments for heartbeats. */
  public static SubscriptionRequest of(List<TopicPattern> topics, Start start) {
    return new SubscriptionRequest(topics, start, true, Heartbeat.COMMENT);
  }

  /** A request for one topic. */
  public static SubscriptionRequest of(Topic topic, Start start) {
    return of(List.of(TopicPattern.of(topic)), start);
  }
}
