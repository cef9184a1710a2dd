package io.runnel.engine;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A history in memory: as fast as an array, gone with the process. Its epoch is new each time.
 *
 * <p>Bounded twice: each topic by its {@link Retention}, all together by a number of bytes, beyond
 * which the oldest events give way; there each event counts {@value TopicLog#EVENT_BYTES} bytes
 * more than it has, and {@value TopicLog#ID_BYTES} if its publisher supplied its id: what it takes
 * to know where it stands, and to find it. One lock guards it all; it is held for a few events'
 * time and never while waiting.
 */
public final class MemoryHistory implements History {
  /** The most bytes kept of all topics together, unless said otherwise: 256 MiB. */
  public static final long DEFAULT_MAX_BYTES = 256L << 20;

  /** The most topics of which nothing is kept and the last publishers' ids are remembered. */
  private static final int FORGOTTEN_IDS = 1024;

  private final TopicRules<Retention> retention;
  private final long maxBytes;
  private final InstantSource clock;
  private final RandomGenerator random;

  // Guarded by this.
  private final Map<Topic, TopicLog> logs = new HashMap<>();

  /**
   * Topics of which more than the newest event is kept, by their oldest as it was when they came
   * here: a topic that has lost it since gets its new place when its turn comes.
   */
  private final PriorityQueue<TopicLog> oldestFirst =
      new PriorityQueue<>(Comparator.comparingLong(log -> log.queuedAt));

  private final IdempotencyKeys keys = new IdempotencyKeys();
  private final TrimCounts trims = new TrimCounts();

  /** Ids that stood in topics of which nothing is kept: those of the last topics. */
  private final Map<Topic, PublisherIds> forgottenIds = new LinkedHashMap<>();

  private @Nullable HistoryListener listener;
  private String epoch = "";
  private long lastOffset;

  /** What the events take, in bytes. */
  private long room;

  /** A history with its bounds, the source of its time and of its epoch. */
  public MemoryHistory(
      TopicRules<Retention> retention, long maxBytes, InstantSource clock, RandomGenerator random) {
    if (maxBytes < 1) throw new IllegalArgumentException("history of " + maxBytes + " bytes");
    this.retention = retention;
    this.maxBytes = maxBytes;
    this.clock = clock;
    this.random = random;
  }

  @Override
  public synchronized Opened open(HistoryListener listener) {
    if (this.listener != null) throw new IllegalStateException("opened twice");
    this.listener = listener;
    epoch = Cursor.newEpoch(random);
    return new Opened(epoch, lastOffset);
  }

  @Override
  public void append(Publication publication) {
    if (publication.idempotencyKey() != null) {
      appendAll(List.of(publication));
      return;
    }
    if (!placeAlone(publication)) {
      publication.refuse(new TopicCompletedException(publication.topic()));
      return;
    }
    // No lock is held from here on: a publisher's own code may hang on the answer.
    opened().wake();
    publication.acknowledge(Kept.MEMORY);
  }

  /** One that no other is kept or refused with; false if its topic is complete. */
  private synchronized boolean placeAlone(Publication publication) {
    TopicLog log = logs.get(publication.topic());
    if (log != null && log.isCompleted()) return false;
    place(publication, log == null ? newLog(publication.topic()) : log, clock.millis());
    if (room > maxBytes) trimOldestTopics();
    return true;
  }

  @Override
  public void appendAll(List<Publication> publications) {
    String before;
    try {
      before = place(publications);
    } catch (TopicCompletedException | IdempotencyKeyReusedException why) {
      publications.forEach(publication -> publication.refuse(why));
      return;
    }
    // No lock is held from here on: a publisher's own code may hang on the answer.
    opened().wake();
    if (before != null) Publication.acknowledgeAgain(publications, before, Kept.MEMORY);
    else publications.forEach(publication -> publication.acknowledge(Kept.MEMORY));
  }

  /** Gives the events their places; or answers where they have been kept before. */
  private synchronized @Nullable String place(List<Publication> publications) {
    String before = keys.position(publications.get(0), clock.millis());
    if (before != null) return before;
    for (Publication publication : publications) {
      TopicLog log = logs.get(publication.topic());
      if (log != null && log.isCompleted()) throw new TopicCompletedException(publication.topic());
    }
    publications.forEach(this::place);
    if (room > maxBytes) trimOldestTopics();
    return null;
  }

  private void place(Publication publication) {
    TopicLog log = logs.get(publication.topic());
    if (log == null) log = newLog(publication.topic());
    place(publication, log, clock.millis());
  }

  private void place(Publication publication, TopicLog log, long now) {
    EncodedEvent event = publication.placeAt(epoch, lastOffset + 1, now);
    lastOffset++;
    keys.add(publication, now);
    add(log, event);
    opened().appended(event);
  }

  @Override
  public void read(List<Topic> topics, long after, long through, int maxBytes, ReadAnswer answer) {
    long[] trimmedThrough = new long[topics.size()];
    var events = new ArrayList<EncodedEvent>();
    long readThrough = read(topics, after, through, maxBytes, events, trimmedThrough);
    answer.read(events, readThrough, trimmedThrough);
  }

  private synchronized long read(
      List<Topic> topics,
      long after,
      long through,
      int maxBytes,
      List<EncodedEvent> events,
      long[] trimmedThrough) {
    var next = new PriorityQueue<Reader>();
    for (int i = 0; i < trimmedThrough.length; i++) {
      TopicLog log = logs.get(topics.get(i));
      if (log == null) continue;
      trimmedThrough[i] = log.trimmedThrough();
      var reader = new Reader(log, log.indexAfter(after));
      if (reader.hasNext(through)) next.add(reader);
    }
    for (int size = 0; !next.isEmpty() && size < maxBytes; ) {
      Reader reader = next.remove();
      EncodedEvent event = reader.next();
      events.add(event);
      size += event.bytes().length;
      if (reader.hasNext(through)) next.add(reader);
    }
    return next.isEmpty() ? through : events.get(events.size() - 1).offset();
  }

  @Override
  public void find(List<Topic> topics, String publisherId, FindAnswer answer) {
    long oldest = 0;
    boolean repeats = false;
    synchronized (this) {
      for (Topic topic : topics) {
        PublisherIds ids = ids(topic);
        if (ids == null) continue;
        long offset = ids.oldest(publisherId);
        if (offset > 0 && (oldest == 0 || offset < oldest)) oldest = offset;
        repeats |= ids.mayHaveBeenTrimmed(publisherId);
      }
    }
    answer.found(oldest, repeats);
  }

  /** Looks at every topic once; what is too old goes. */
  @Override
  public synchronized void maintain(Instant now) {
    keys.forgetOld(now.toEpochMilli());
    for (TopicLog log : logs.values()) {
      long before = log.trimmedThrough();
      while (log.isOutdated(now.toEpochMilli())) removeOldest(log, RetentionLimit.AGE);
      if (log.trimmedThrough() != before) opened().trimmed(log.topic, log.trimmedThrough());
    }
  }

  @Override
  public synchronized void forget(Topic topic) {
    TopicLog log = logs.get(topic);
    if (log == null || log.size() > 0) return;
    logs.remove(topic);
    if (oldestFirst.size() > 2 * logs.size()) oldestFirst.removeIf(MemoryHistory::leavesQueue);
    if (!log.ids().hasTrimmed()) return;
    forgottenIds.put(topic, log.ids());
    if (forgottenIds.size() > FORGOTTEN_IDS) {
      forgottenIds.remove(forgottenIds.keySet().iterator().next());
    }
  }

  @Override
  public void close() {}

  @Override
  public synchronized HistoryStatistics statistics() {
    long events = 0;
    long bytes = 0;
    for (TopicLog log : logs.values()) {
      events += log.size();
      bytes += log.bytes();
    }
    return new HistoryStatistics(
        events, bytes, 0, 0, keys.count(), keys.forgottenEarly(), 0, 0, -1, trims.statistics());
  }

  private synchronized HistoryListener opened() {
    if (listener == null) throw new IllegalStateException("not open");
    return listener;
  }

  private TopicLog newLog(Topic topic) {
    PublisherIds ids = forgottenIds.remove(topic);
    var log = new TopicLog(topic, retention.of(topic), ids == null ? new PublisherIds() : ids);
    logs.put(topic, log);
    return log;
  }

  private @Nullable PublisherIds ids(Topic topic) {
    TopicLog log = logs.get(topic);
    return log != null ? log.ids() : forgottenIds.get(topic);
  }

  private void add(TopicLog log, EncodedEvent event) {
    long before = log.trimmedThrough();
    room += log.add(event);
    for (var limit = log.exceeded(); limit != null; limit = log.exceeded()) {
      removeOldest(log, limit);
    }
    queue(log);
    if (log.trimmedThrough() != before) opened().trimmed(log.topic, log.trimmedThrough());
  }

  private void removeOldest(TopicLog log, RetentionLimit limit) {
    long before = log.bytes();
    room -= log.removeOldest();
    trims.add(limit, 1, before - log.bytes());
  }

  /**
   * All topics together hold too much: the oldest events of all go, but for each topic's newest.
   */
  private void trimOldestTopics() {
    while (room > maxBytes && !oldestFirst.isEmpty()) {
      TopicLog log = oldestFirst.remove();
      long queuedAt = log.queuedAt;
      log.queuedAt = 0;
      if (log.hasOlderEvents() && log.offset(0) == queuedAt) {
        removeOldest(log, RetentionLimit.ALL_TOPICS);
        opened().trimmed(log.topic, log.trimmedThrough());
      }
      queue(log);
    }
  }

  /** Gives a topic that could be trimmed its place in the queue, unless it has one. */
  private void queue(TopicLog log) {
    if (log.queuedAt > 0 || !log.hasOlderEvents()) return;
    log.queuedAt = log.offset(0);
    oldestFirst.add(log);
  }

  /** How many topics are in the queue, forgotten ones too. */
  synchronized int queued() {
    return oldestFirst.size();
  }

  /** Half of the queue are topics that were forgotten: whoever could not be trimmed goes. */
  private static boolean leavesQueue(TopicLog log) {
    if (log.hasOlderEvents()) return false;
    log.queuedAt = 0;
    return true;
  }

  /** A place in one topic, ordered by the event that stands there. */
  private static final class Reader implements Comparable<Reader> {
    final TopicLog log;
    private int index;

    Reader(TopicLog log, int index) {
      this.log = log;
      this.index = index;
    }

    boolean hasNext(long through) {
      return index < log.size() && log.offset(index) <= through;
    }

    EncodedEvent next() {
      return log.get(index++);
    }

    @Override
    public int compareTo(Reader other) {
      return Long.compare(log.offset(index), other.log.offset(other.index));
    }
  }
}
