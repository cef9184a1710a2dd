package io.runnel.engine;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What some subscribers of a lane have in common: they asked for the same topics. Those of them
 * that are <em>live</em> stand at the lane's position, all at the same, and get every batch
 * together.
 */
final class Interest {
  final List<TopicPattern> patterns;
  final boolean isExact;

  private static final int FEW = 16;

  /** The topics meant, as far as they exist; a set of them as well where they are many. */
  private final List<LaneTopic> topics = new ArrayList<>(1);

  private @Nullable Set<LaneTopic> topicSet;

  /** How many subscriptions refer to this, live or not. */
  int references;

  /** How many topics have something for this in the turn under way. */
  int freshTopics;

  /** When something was last written to the live ones, in ticks. */
  int lastWrite;

  private @Nullable LaneSubscription[] live = new LaneSubscription[1];

  /**
   * The sinks of the live ones, at the same indices. A turn reads these alone: with many thousands
   * of subscribers each object more that it touches is a cache miss for each of them.
   */
  private @Nullable EventSink[] sinks = new EventSink[1];

  private int liveCount;

  /** How many were open when last looked at; a look of which nothing stays is compiled away. */
  @SuppressWarnings("UnusedVariable")
  private int seenOpen;

  Interest(List<TopicPattern> patterns) {
    this.patterns = patterns;
    isExact = patterns.stream().allMatch(TopicPattern::isExact);
  }

  boolean matches(Topic topic) {
    for (TopicPattern pattern : patterns) {
      if (pattern.matches(topic)) return true;
    }
    return false;
  }

  /** Whether the topic was asked for by its name. */
  boolean names(Topic topic) {
    return isExact || patterns.contains(TopicPattern.of(topic));
  }

  void removeRetiredTopics() {
    if (!topics.removeIf(topic -> topic.state.isRetired())) return;
    topicSet = hasFewTopics() ? null : new HashSet<>(topics);
  }

  void add(LaneTopic topic) {
    topics.add(topic);
    if (topicSet != null) topicSet.add(topic);
    else if (!hasFewTopics()) topicSet = new HashSet<>(topics);
  }

  boolean contains(LaneTopic topic) {
    return topicSet != null ? topicSet.contains(topic) : topics.contains(topic);
  }

  boolean hasFewTopics() {
    return topics.size() <= FEW;
  }

  void forEachTopic(Consumer<LaneTopic> action) {
    topics.forEach(action);
  }

  /**
   * The topics meant, each once: a topic that was retired and came back is meant as it is now,
   * which knows of all that is missing.
   */
  List<TopicState> states() {
    if (isExact) return topics.stream().map(topic -> topic.state).toList();
    var byName = new LinkedHashMap<Topic, TopicState>();
    for (LaneTopic topic : topics) byName.put(topic.state.topic, topic.state);
    return List.copyOf(byName.values());
  }

  TopicState topic(int index) {
    return topics.get(index).state;
  }

  int topicCount() {
    return topics.size();
  }

  /** Whether a subscriber at the position has all that there will ever be. */
  boolean isCompleteAt(long position) {
    if (!isExact) return false;
    for (LaneTopic topic : topics) {
      if (!topic.state.isCompleted() || topic.state.lastOffset() > position) return false;
    }
    return true;
  }

  int liveCount() {
    return liveCount;
  }

  LaneSubscription live(int index) {
    return requireNonNull(live[index]);
  }

  /** Where the live one's bytes go; null if it was closed in the turn under way. */
  @Nullable EventSink sink(int index) {
    return sinks[index];
  }

  /**
   * Looks at so many sinks, the given one and those before it, as a write to each will. What the
   * kernel does for one write drives the next sink out of the processor's caches: fetched one by
   * one each is waited for, fetched together they are waited for once.
   */
  void lookAhead(int last, int count) {
    int open = 0;
    try {
      for (int i = last; i >= 0 && i > last - count; i--) {
        EventSink sink = sinks[i];
        if (sink != null && sink.isOpen()) open++;
      }
    } catch (RuntimeException e) {
      // The write will say what is wrong with it, of this sink alone.
    }
    seenOpen = open;
  }

  void join(LaneSubscription subscription) {
    if (liveCount == live.length) {
      live = Arrays.copyOf(live, 2 * liveCount);
      sinks = Arrays.copyOf(sinks, 2 * liveCount);
    }
    subscription.liveIndex = liveCount;
    sinks[liveCount] = subscription.sink;
    live[liveCount++] = subscription;
  }

  /** Nothing more is written to a live one that was closed, also before it leaves. */
  void silence(LaneSubscription subscription) {
    sinks[subscription.liveIndex] = null;
  }

  /** Takes a subscription out; the last one takes its place. */
  void leave(LaneSubscription subscription) {
    LaneSubscription last = live(--liveCount);
    live[subscription.liveIndex] = last;
    sinks[subscription.liveIndex] = sinks[liveCount];
    last.liveIndex = subscription.liveIndex;
    live[liveCount] = null;
    sinks[liveCount] = null;
    subscription.liveIndex = LaneSubscription.NOT_LIVE;
  }
}
