package io.runnel.engine;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A lane's way through all that is new: sorted by topic, joined topic by topic, and each joined
 * batch written to every live subscriber.
 *
 * <p>A turn to many subscribers is long, and the lane's thread has more to do: in the hub it reads
 * the requests of publishers. So a turn can be left after any write and gone on with. What is
 * published meanwhile waits for the next turn, where all of it is joined into one write: a
 * publisher that sends on when it is answered need not wait for a turn for each answer.
 *
 * <p>While a turn is under way, nobody else fills the batch, and nobody becomes live or stops to be
 * but who is written to; who closes is passed over. Belongs to the lane's thread.
 */
final class Turn {
  /** The most events that are sorted by topic before they are written. */
  private static final int MAX_SORTED = 4096;

  /** And the most of their bytes, but always at least one event. */
  private static final int MAX_SORTED_BYTES = 1 << 20;

  /** How many sinks are looked at before the first of them is written to. */
  private static final int AHEAD = 16;

  private final Lane lane;
  private final EventBatch batch;
  private final FreshEvents fresh = new FreshEvents();
  private final List<LaneTopic> freshTopics = new ArrayList<>();
  private final List<Interest> merges = new ArrayList<>();
  private final List<Interest> completed = new ArrayList<>();
  private final IntConsumer addToBatch;
  private final IntConsumer addToMerged;

  /** How far this turn goes, and how far what is sorted now. */
  private long head;

  private long sortedThrough;

  // Where it is: the topic and its interest to come, whether the topic's events stand in the batch,
  // the merge to come, its events and which of them is to come, the interest being written to and
  // its subscriber to come.
  private int topic;
  private int interest;
  private boolean joined;
  private int merge;
  private int[] merged = new int[64];
  private int mergedCount;
  private int mergedEvent;
  private @Nullable Interest writing;
  private int subscriber = -1;
  private long writtenThrough;

  Turn(Lane lane, EventBatch batch) {
    this.lane = lane;
    this.batch = batch;
    addToBatch = index -> fresh.events.addTo(batch, index);
    addToMerged = this::addToMerged;
  }

  /** Begins a turn up to the offset. */
  void begin(long head) {
    this.head = head;
    sortedThrough = lane.position();
  }

  /**
   * Goes on for so many writes.
   *
   * @return whether the turn is over
   */
  boolean goOn(int writes) {
    do {
      while (subscriber >= 0 || hasNextBatch()) {
        if (writes == 0) return false;
        writes -= write(writes);
      }
      endStep();
    } while (hasNextStep());
    endCompleted();
    return true;
  }

  // ---------------------------------------------------------------- one step: sorted at once

  private boolean hasNextStep() {
    if (lane.position() >= head) return false;
    sortedThrough = collect(Math.min(head, lane.position() + MAX_SORTED));
    if (sortedThrough < 0) {
      forgetFresh();
      sortedThrough = head;
      lane.fallBehind(head);
      return false;
    }
    for (LaneTopic topic : freshTopics) {
      for (Interest interest : topic.interests) interest.freshTopics++;
    }
    return true;
  }

  /**
   * Sorts the events after the lane's position by topic, until one topic's are enough for a batch.
   *
   * @return the offset up to which they are sorted, or -1 if some have left the window already
   */
  private long collect(long through) {
    RecentEvents window = lane.hub.recent();
    for (long offset = lane.position() + 1; offset <= through; offset++) {
      TopicState state = window.topic(offset);
      if (state == null) return -1;
      LaneTopic topic = lane.topic(state);
      if (topic.interests.isEmpty()) continue;
      if (isEnough(topic, window.length(offset))) return offset - 1;
      boolean isFirst = topic.freshCount == 0;
      if (!fresh.add(window, topic, offset)) return -1;
      if (isFirst) freshTopics.add(topic);
    }
    return through;
  }

  private boolean isEnough(LaneTopic topic, int more) {
    if (topic.freshBytes > 0 && topic.freshBytes + more > Lane.MAX_BATCH) return true;
    return !fresh.events.isEmpty() && fresh.events.bytes() + more > MAX_SORTED_BYTES;
  }

  private void endStep() {
    for (LaneTopic topic : freshTopics) {
      for (Interest interest : topic.interests) interest.freshTopics = 0;
    }
    forgetFresh();
    lane.moveTo(sortedThrough);
  }

  private void forgetFresh() {
    for (LaneTopic topic : freshTopics) topic.forgetFresh();
    freshTopics.clear();
    fresh.clear();
    merges.clear();
    topic = 0;
    merge = 0;
  }

  // ---------------------------------------------------------------- one batch

  /** Fills the batch for the next interest that has live subscribers; false if none is left. */
  private boolean hasNextBatch() {
    return hasNextInterest() || hasNextMerge();
  }

  /** By index: a sink may subscribe meanwhile, and a new interest comes at the end. */
  private boolean hasNextInterest() {
    for (; topic < freshTopics.size(); topic++) {
      LaneTopic current = freshTopics.get(topic);
      while (interest < current.interests.size()) {
        Interest next = current.interests.get(interest++);
        if (next.freshTopics > 1) {
          merges.add(next);
          next.freshTopics = -1;
        } else if (next.freshTopics == 1 && next.liveCount() > 0) {
          if (!joined) join(current);
          joined = true;
          if (begin(next, sortedThrough)) return true;
        }
      }
      if (current.state.isCompleted()) completed.addAll(current.interests);
      interest = 0;
      joined = false;
    }
    return false;
  }

  private void join(LaneTopic topic) {
    batch.clear();
    fresh.forEach(topic, addToBatch);
  }

  /** Several topics have something for an interest: their events in one order. */
  private boolean hasNextMerge() {
    while (mergedEvent < mergedCount || merge < merges.size()) {
      if (mergedEvent == mergedCount) {
        forgetMerged();
        Interest next = merges.get(merge++);
        if (next.liveCount() > 0) addFreshEvents(next);
      }
      if (joinMerged() && begin(merges.get(merge - 1), mergedThrough())) return true;
    }
    forgetMerged();
    return false;
  }

  private void forgetMerged() {
    mergedCount = 0;
    mergedEvent = 0;
  }

  private boolean joinMerged() {
    batch.clear();
    for (; mergedEvent < mergedCount; mergedEvent++) {
      int event = merged[mergedEvent];
      int length = fresh.events.length(event);
      if (batch.length() > 0 && batch.length() + length > Lane.MAX_BATCH) break;
      fresh.events.addTo(batch, event);
    }
    return batch.length() > 0;
  }

  private long mergedThrough() {
    return mergedEvent == mergedCount ? sortedThrough : batch.lastOffset();
  }

  /** Goes through the shorter of the two lists: the interest's topics, or those with something. */
  private void addFreshEvents(Interest interest) {
    if (interest.hasFewTopics()) {
      interest.forEachTopic(topic -> fresh.forEach(topic, addToMerged));
    } else {
      for (LaneTopic topic : freshTopics) {
        if (interest.contains(topic)) fresh.forEach(topic, addToMerged);
      }
    }
    Arrays.sort(merged, 0, mergedCount); // Their indices are in the order of their offsets.
  }

  private void addToMerged(int event) {
    if (mergedCount == merged.length) merged = Arrays.copyOf(merged, 2 * mergedCount);
    merged[mergedCount++] = event;
  }

  // ---------------------------------------------------------------- one write after the other

  private boolean begin(Interest interest, long through) {
    if (batch.length() == 0) return false;
    writing = interest;
    writtenThrough = through;
    subscriber = interest.liveCount() - 1;
    return true;
  }

  /** Writes the batch to live subscribers; who takes less than all leaves the live ones. */
  private int write(int most) {
    int writes = 0;
    int next = subscriber;
    Interest interest = requireNonNull(writing);
    interest.lastWrite = lane.hub.ticks();
    for (; next >= 0 && writes < most; next--) {
      if ((subscriber - next) % AHEAD == 0) interest.lookAhead(next, AHEAD);
      EventSink sink = interest.sink(next);
      if (sink == null) continue;
      writes++;
      if (!offer(sink, interest, next)) interest.live(next).fallBehind(writtenThrough);
    }
    subscriber = next;
    lane.counters.deliveries += (long) batch.events() * writes;
    lane.counters.writes += writes;
    lane.counters.bytes += (long) batch.length() * writes;
    return writes;
  }

  /** One that throws harms nobody but its own subscription. */
  private boolean offer(EventSink sink, Interest interest, int index) {
    try {
      return sink.write(batch);
    } catch (RuntimeException e) {
      interest.live(index).fail(e);
      return true;
    }
  }

  private void endCompleted() {
    if (completed.isEmpty()) return;
    for (Interest interest : List.copyOf(completed)) {
      if (!interest.isCompleteAt(lane.position())) continue;
      for (int i = interest.liveCount() - 1; i >= 0; i--) {
        interest.live(i).end(EventSink.EndReason.COMPLETED);
      }
    }
    completed.clear();
  }
}
