package io.runnel.engine;

import io.runnel.eventstream.Event;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The model: what was published, and the order, the place and the fate that the history gave it.
 */
final class PublishedEvents {
  /** One publish. Its event is null where it completes the topic. */
  static final class Entry {
    final int number;
    final int topic;
    final @Nullable Event event;
    final long startedAfter;
    long offset;
    boolean acknowledged;
    boolean refused;

    Entry(int number, int topic, @Nullable Event event, long startedAfter) {
      this.number = number;
      this.topic = topic;
      this.event = event;
      this.startedAfter = startedAfter;
    }

    boolean isEnd() {
      return event == null;
    }

    @Override
    public String toString() {
      return "event n" + number + " at " + offset;
    }
  }

  private final List<Topic> topics;
  private final List<Entry> entries = new ArrayList<>();
  private final List<Entry> inOrder = new ArrayList<>();
  private final long[] trimmedThrough;
  private final boolean[] completed;
  private final @Nullable Entry[] newest;
  private final long[] lastOffset;
  private long acknowledgedThrough;
  private String epoch = "";

  PublishedEvents(List<Topic> topics) {
    this.topics = topics;
    trimmedThrough = new long[topics.size()];
    completed = new boolean[topics.size()];
    newest = new Entry[topics.size()];
    lastOffset = new long[topics.size()];
  }

  void epoch(String epoch) {
    this.epoch = epoch;
  }

  String epoch() {
    return epoch;
  }

  Entry publish(int topic, @Nullable Event event) {
    var entry = new Entry(entries.size(), topic, event, acknowledgedThrough);
    entries.add(entry);
    return entry;
  }

  int nextNumber() {
    return entries.size();
  }

  void placed(Entry entry, EncodedEvent event) {
    BrokenPromise.unless(event.offset() == head() + 1, "%s follows %d", event, head());
    BrokenPromise.unless(
        event.topic().equals(topics.get(entry.topic)), "%s of another topic", event);
    BrokenPromise.unless(event.isEnd() == entry.isEnd(), "%s", event);
    entry.offset = event.offset();
    inOrder.add(entry);
    BrokenPromise.unless(
        !completed[entry.topic] || trimmedThrough[entry.topic] >= lastOffset[entry.topic],
        "%s was published to a complete topic",
        entry);
    lastOffset[entry.topic] = entry.offset;
    completed[entry.topic] = entry.isEnd();
    if (!entry.isEnd()) newest[entry.topic] = entry;
  }

  void trimmed(Topic name, long through) {
    int topic = topics.indexOf(name);
    trimmedThrough[topic] = Math.max(trimmedThrough[topic], through);
    Entry last = newest[topic];
    if (last != null && last.offset <= through) newest[topic] = null;
  }

  void acknowledged(Entry entry, Receipt receipt) {
    BrokenPromise.unless(entry.offset > 0, "%s acknowledged before it was kept", entry);
    BrokenPromise.unless(entry.offset > entry.startedAfter, "%s overtook an earlier one", entry);
    BrokenPromise.unless(receipt.id().equals(id(entry)), "%s acknowledged as %s", entry, receipt);
    entry.acknowledged = true;
    acknowledgedThrough = Math.max(acknowledgedThrough, entry.offset);
  }

  void refused(Entry entry, Throwable why) {
    entry.refused = true;
    BrokenPromise.unless(
        why instanceof TopicCompletedException && completed[entry.topic], "%s: %s", entry, why);
    BrokenPromise.unless(entry.offset == 0, "%s was refused and published", entry);
  }

  String id(Entry entry) {
    Event event = entry.event;
    return event != null && event.id() != null ? event.id() : Cursor.format(epoch, entry.offset);
  }

  Topic topic(int topic) {
    return topics.get(topic);
  }

  Entry numbered(int number) {
    return entries.get(number);
  }

  Entry at(long offset) {
    return inOrder.get((int) offset - 1);
  }

  long head() {
    return inOrder.size();
  }

  boolean isKept(Entry entry) {
    return entry.offset > trimmedThrough[entry.topic];
  }

  boolean isCompleted(int topic) {
    return completed[topic];
  }

  long trimmedThrough(int topic) {
    return trimmedThrough[topic];
  }

  /** The newest event of the topic if it is kept. */
  @Nullable Entry newest(int topic) {
    return newest[topic];
  }

  long lastOffset(int topic) {
    return lastOffset[topic];
  }

  /** The offset of the oldest event kept under a publisher's id, or 0; later ones do not count. */
  long oldestKept(boolean[] wanted, String id, long through) {
    for (Entry entry : inOrder.subList(0, (int) through)) {
      Event event = entry.event;
      if (event == null || !wanted[entry.topic] || !isKept(entry)) continue;
      if (id.equals(event.id())) return entry.offset;
    }
    return 0;
  }

  void checkEverythingIsAnswered() {
    for (Entry entry : entries) {
      BrokenPromise.unless(entry.acknowledged || entry.refused, "%s was never answered", entry);
    }
  }
}
