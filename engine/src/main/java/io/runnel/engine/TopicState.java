package io.runnel.engine;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What the hub knows of one topic. Found by hash when a topic is named, by reference ever after.
 */
final class TopicState {
  final Topic topic;
  final SlowConsumerPolicy slowConsumers;

  /** Lanes that want to hear of events here; at first all, since their patterns are not known. */
  private final AtomicLong wantedBy = new AtomicLong(-1);

  /** What each lane knows of this topic, by the lane's index: a new array for each change. */
  private volatile @Nullable LaneTopic[] laneTopics = {};

  // Written under this object's lock.
  private volatile long lastOffset;
  private volatile long trimmedThrough;
  private volatile long newest;
  private volatile boolean completed;
  private int interests;
  private volatile boolean retired;

  TopicState(Topic topic, SlowConsumerPolicy slowConsumers) {
    this.topic = topic;
    this.slowConsumers = slowConsumers;
  }

  static List<Topic> names(List<TopicState> topics) {
    return topics.stream().map(state -> state.topic).toList();
  }

  long lastOffset() {
    return lastOffset;
  }

  long trimmedThrough() {
    return trimmedThrough;
  }

  TopicStatistics statistics() {
    return new TopicStatistics(topic, lastOffset, trimmedThrough, completed);
  }

  /** The offset of the newest event, which is not the mark of the end; 0 if it is not kept. */
  long newest() {
    return newest;
  }

  boolean isCompleted() {
    return completed;
  }

  /** Takes note of an event; false if the topic was retired meanwhile. */
  synchronized boolean appended(EncodedEvent event) {
    if (retired) return false;
    lastOffset = event.offset();
    if (event.isEnd()) completed = true;
    else newest = event.offset();
    return true;
  }

  synchronized void restore(
      long lastOffset, long trimmedThrough, @Nullable EncodedEvent newest, boolean completed) {
    this.lastOffset = lastOffset;
    this.trimmedThrough = trimmedThrough;
    this.newest = newest == null ? 0 : newest.offset();
    this.completed = completed;
  }

  synchronized void trimmed(long through) {
    if (through > trimmedThrough) trimmedThrough = through;
    if (newest <= through) newest = 0;
  }

  /** A lane's interest begins; false if the topic was retired meanwhile. */
  synchronized boolean addInterest() {
    if (retired) return false;
    interests++;
    return true;
  }

  synchronized void removeInterest() {
    interests--;
  }

  /**
   * Retires the topic if nobody is interested, nothing is kept and every lane has seen its last
   * event: it may be forgotten then.
   */
  synchronized boolean retire(long seenByLanes) {
    if (interests == 0 && trimmedThrough >= lastOffset && seenByLanes >= lastOffset) retired = true;
    return retired;
  }

  boolean isRetired() {
    return retired;
  }

  @Nullable LaneTopic laneTopic(int lane) {
    @Nullable LaneTopic[] laneTopics = this.laneTopics;
    return lane < laneTopics.length ? laneTopics[lane] : null;
  }

  synchronized void laneTopic(int lane, LaneTopic laneTopic) {
    @Nullable LaneTopic[] more = Arrays.copyOf(laneTopics, Math.max(lane + 1, laneTopics.length));
    more[lane] = laneTopic;
    laneTopics = more;
  }

  /** The lane has ended: another one may get its index, which knows nothing of this topic yet. */
  synchronized void forgetLane(int lane) {
    if (lane < laneTopics.length) {
      @Nullable LaneTopic[] less = laneTopics.clone();
      less[lane] = null;
      laneTopics = less;
    }
    wantedBy(lane, true);
  }

  long wantedBy() {
    return wantedBy.get();
  }

  /** Whether the lane wants to hear of events here from now on. */
  void wantedBy(int lane, boolean wanted) {
    long bit = 1L << lane;
    wantedBy.getAndUpdate(bits -> wanted ? bits | bit : bits & ~bit);
  }
}
