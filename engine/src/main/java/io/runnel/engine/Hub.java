package io.runnel.engine;

import io.runnel.eventstream.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import java.util.random.RandomGenerator.SplittableGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Where events are published and subscribed to.
 *
 * <p>An event goes to the {@link History}, which gives it its place; the history tells the hub,
 * which puts it into the window of {@link RecentEvents} and signals the {@link Lane}s that have
 * subscribers of its topic; each lane writes it to them. Publishers never wait for a subscriber.
 *
 * <p>Safe for any thread. Deterministic: time, randomness, storage and the lanes' threads come from
 * outside; somebody has to call {@link #tick()} about once a second.
 *
 * <pre>{@code
 * Hub hub = Hub.inMemory();
 * hub.publish(new Topic("orders"), Event.of("a new order"));
 * }</pre>
 */
public final class Hub implements AutoCloseable {
  /** The longest id that a publisher may supply, in bytes of UTF-8. */
  public static final int MAX_ID_BYTES = 256;

  /** The longest idempotency key, in characters. */
  public static final int MAX_KEY_LENGTH = 255;

  /** The most events that are published at once. */
  public static final int MAX_BATCH = 10_000;

  /** How often idle topics are looked for, in ticks. */
  static final int FORGET_TICKS = 16;

  private static final int MAX_LANES = 64;

  private final HubSettings settings;
  private final History history;
  private final InstantSource clock;
  private final SplittableGenerator random;
  private final String epoch;
  private final RecentEvents recent;

  private final PublishRules rules;
  private final Topics topics;
  private final CopyOnWriteArrayList<Lane> lanes = new CopyOnWriteArrayList<>();

  // Guarded by this.
  private final BitSet laneIndexes = new BitSet(MAX_LANES);
  private final LaneCounters formerLanes = new LaneCounters();

  private final LongAdder published = new LongAdder();
  private final LongAdder refused = new LongAdder();

  /** How often {@link #tick()} was called: the only time that lanes know. */
  private volatile int ticks;

  private volatile boolean closed;

  /**
   * A hub over a history, which it opens, and will close.
   *
   * @throws IOException if what the history keeps cannot be read
   */
  public Hub(HubSettings settings, History history, InstantSource clock, SplittableGenerator random)
      throws IOException {
    this.settings = settings;
    this.history = history;
    this.clock = clock;
    this.random = random;
    topics = new Topics(settings, refused);
    History.Opened opened = history.open(new Listener());
    epoch = opened.epoch();
    rules = new PublishRules(settings.maxEventBytes(), epoch, refused);
    topics.forgotten(opened.forgottenThrough());
    recent = new RecentEvents(settings.windowEvents(), settings.windowBytes(), opened.lastOffset());
  }

  /** A hub in memory, with every default, the system's clock and random numbers. */
  public static Hub inMemory() {
    var random = new SplittableRandom();
    InstantSource clock = InstantSource.system();
    try {
      return new Hub(
          HubSettings.DEFAULT,
          new MemoryHistory(
              TopicRules.always(Retention.DEFAULT), MemoryHistory.DEFAULT_MAX_BYTES, clock, random),
          clock,
          random.split());
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  // ---------------------------------------------------------------- publishing

  /**
   * Publishes an event. The answer comes when it is kept, on the thread that kept it; a stage that
   * hangs on it must not block.
   *
   * @return the acknowledgement; fails with {@link TopicCompletedException} if the topic is
   *     complete, with {@link HistoryBusyException} or {@link HistoryFullException} if it is not
   *     kept for now, or with what kept the history from keeping it, and then it is not known
   *     whether it did
   * @throws IllegalArgumentException if the event's type begins with {@code runnel.}, if its id is
   *     empty, too long, {@linkplain Event#fitsIntoHeader unfit for a header} or looks like one of
   *     the hub's own, or if it is too large
   * @throws TooManyTopicsException if the topic is new and there is no room for it
   * @throws HubClosedException if the hub is closed
   */
  public CompletableFuture<Receipt> publish(Topic topic, Event event) {
    return append(rules.publication(topic, event, null));
  }

  /**
   * Publishes an event once, however often this is called with the same key: a repetition within
   * {@link History#IDEMPOTENCY_KEYS_KEPT} is answered with the first one's id, or fails with {@link
   * IdempotencyKeyReusedException} if it says something else. Answers and throws as {@link
   * #publish(Topic, Event)} does.
   *
   * @param idempotencyKey 1 to {@value #MAX_KEY_LENGTH} characters
   * @throws IllegalArgumentException also if the key is empty or too long
   */
  public CompletableFuture<Receipt> publish(Topic topic, Event event, String idempotencyKey) {
    return append(rules.publication(topic, event, idempotencyKey));
  }

  /**
   * Publishes events to one topic: see {@link #publishAll(List, String)}.
   *
   * @param idempotencyKey as with {@link #publish(Topic, Event, String)}, for all of them, or null
   */
  public CompletableFuture<List<Receipt>> publishAll(
      Topic topic, List<Event> events, @Nullable String idempotencyKey) {
    return publishAll(
        events.stream().map(event -> new TopicEvent(topic, event)).toList(), idempotencyKey);
  }

  /**
   * Publishes events, one after the other without another between them, all or none.
   *
   * @param idempotencyKey as with {@link #publish(Topic, Event, String)}, for all of them, or null
   * @return the acknowledgements in order; fails as {@link #publish(Topic, Event)} does
   * @throws IllegalArgumentException if there are none, or more than {@value #MAX_BATCH}
   * @throws EventInBatchRefusedException if one of them cannot be published
   */
  public CompletableFuture<List<Receipt>> publishAll(
      List<TopicEvent> events, @Nullable String idempotencyKey) {
    List<Publication> publications = rules.publications(events, idempotencyKey);
    publications.forEach(this::admit);
    history.appendAll(publications);
    List<CompletableFuture<Receipt>> receipts =
        publications.stream().map(Publication::receipt).toList();
    return CompletableFuture.allOf(receipts.toArray(CompletableFuture<?>[]::new))
        .thenApply(all -> receipts.stream().map(CompletableFuture::join).toList());
  }

  /**
   * Completes a topic: its subscribers get what there is, then their stream ends, and nothing can
   * be published to it any more. Answers and throws as {@link #publish} does.
   */
  public CompletableFuture<Receipt> complete(Topic topic) {
    return complete(topic, null, null);
  }

  /**
   * Completes a topic with one more event before its end: both are kept, or neither. Otherwise as
   * {@link #complete(Topic)}.
   *
   * @param last the event, or null for the end alone
   * @param idempotencyKey as with {@link #publish(Topic, Event, String)}, for both, or null
   * @return the acknowledgement of the end
   */
  public CompletableFuture<Receipt> complete(
      Topic topic, @Nullable Event last, @Nullable String idempotencyKey) {
    List<Publication> ending = rules.ending(topic, last, idempotencyKey);
    ending.forEach(this::admit);
    history.appendAll(ending);
    return ending.get(ending.size() - 1).receipt();
  }

  private CompletableFuture<Receipt> append(Publication publication) {
    admit(publication);
    history.append(publication);
    return publication.receipt();
  }

  private void admit(Publication publication) {
    if (closed) throw new HubClosedException();
    publication.admit(topics.admit(publication.topic()));
  }

  // ---------------------------------------------------------------- subscribing

  /**
   * A new lane, the turns of which are run by the executor: one thread, or at least one task at a
   * time, in order. What its sinks throw is logged.
   *
   * @throws IllegalStateException if there are 64 lanes already
   */
  public Lane newLane(Executor executor) {
    return newLane(executor, LaneListener.LOGGING);
  }

  /**
   * A new lane, which tells the listener of what its sinks throw.
   *
   * @throws IllegalStateException if there are 64 lanes already
   */
  public Lane newLane(Executor executor, LaneListener listener) {
    return newLane(executor, executor, Lane.WRITES_BEFORE_PAUSE, listener);
  }

  /**
   * A new lane for a thread that has more to do than the tasks of the executor.
   *
   * @param pauses runs the rest of a long turn, on the same thread, when that has done what came
   *     for it meanwhile
   * @throws IllegalStateException if there are 64 lanes already
   */
  public Lane newLane(Executor executor, Executor pauses) {
    return newLane(executor, pauses, Lane.WRITES_BEFORE_PAUSE, LaneListener.LOGGING);
  }

  synchronized Lane newLane(
      Executor executor, Executor pauses, int writesBeforePause, LaneListener listener) {
    int index = laneIndexes.nextClearBit(0);
    if (index == MAX_LANES) throw new IllegalStateException("more than 64 lanes");
    laneIndexes.set(index);
    var lane = new Lane(this, index, executor, pauses, writesBeforePause, listener, random.split());
    lanes.add(lane);
    return lane;
  }

  /** The lane is closed, so that another may have its index: what it counted stays. */
  synchronized void removed(Lane lane, int index) {
    lanes.remove(lane);
    formerLanes.add(lane.counters);
    topics.forEach(state -> state.forgetLane(index));
    laneIndexes.clear(index);
  }

  /**
   * The newest position, as an event id: a subscription that resumes there gets all that follows.
   */
  public String cursor() {
    return Cursor.format(epoch, recent.head());
  }

  /**
   * Why nothing will be acknowledged any more, as a sentence: then the hub is not ready. Null while
   * all is well.
   */
  public @Nullable String failure() {
    return history.failure();
  }

  /**
   * Why publishing is refused until there is room on the disk, as a sentence: subscribers are
   * served all the same. Null while there is room.
   */
  public @Nullable String shortage() {
    return history.shortage();
  }

  // ---------------------------------------------------------------- time and end

  /**
   * A second has gone by: heartbeats, write timeouts and draining count these calls. Nothing else
   * tells them the time, so a clock that is set neither holds them up nor hurries them, and what
   * was due while the process stood still has its full time afterwards. The clock is asked for
   * retention by age only.
   *
   * <p>To be called about once a second, one call at a time, and after a pause once and not as
   * often as was missed: {@link
   * java.util.concurrent.ScheduledExecutorService#scheduleWithFixedDelay} of a {@link
   * RecurringTask}, since it throws what the history or the clock throws.
   */
  public void tick() {
    int now = ticks + 1;
    ticks = now;
    try {
      history.maintain(clock.instant());
      if (now % FORGET_TICKS == 0) topics.forgetIdle(seenByLanes(), history::forget);
    } finally {
      // A history that fails keeps nobody from its heartbeats and timeouts.
      for (Lane lane : lanes) lane.execute(lane::tick);
    }
  }

  /**
   * Begins to close every subscription, spread over the time given, each with its own {@code
   * retry:}. Publishing goes on.
   */
  public void drain(Duration over) {
    for (Lane lane : lanes) lane.execute(() -> lane.drain(over));
  }

  /** Closes the history. Subscriptions are not told: see {@link #drain}. */
  @Override
  public void close() {
    closed = true;
    history.close();
  }

  /** What was counted so far. */
  public HubStatistics statistics() {
    var sum = new LaneCounters();
    synchronized (this) {
      sum.add(formerLanes);
      for (Lane lane : lanes) sum.add(lane.counters);
    }
    return new HubStatistics(
        topics.size(),
        sum.subscriptions,
        published.sum(),
        refused.sum(),
        sum.opened,
        sum.resumed,
        sum.deliveries,
        sum.writes,
        sum.bytes,
        sum.gaps,
        sum.heldUp,
        sum.slowDisconnects,
        sum.heartbeats,
        sum.laneFellBehind,
        history.statistics());
  }

  /** Who has not been given everything yet. */
  public Backlog backlog() {
    int subscriptions = 0;
    long events = 0;
    for (Lane lane : lanes) {
      subscriptions += lane.counters.behind;
      events = Math.max(events, lane.counters.furthestBehind);
    }
    return new Backlog(subscriptions, events);
  }

  /** The topics known now: those published to last come first. */
  public List<TopicStatistics> topics(int limit) {
    return topics
        .all()
        .map(TopicState::statistics)
        .sorted(Comparator.comparingLong(TopicStatistics::newest).reversed())
        .limit(limit)
        .toList();
  }

  /** What is known of a topic; empty if it has neither events nor subscribers. */
  public Optional<TopicStatistics> topic(Topic topic) {
    return Optional.ofNullable(topics.known(topic)).map(TopicState::statistics);
  }

  // ---------------------------------------------------------------- for lanes

  String epoch() {
    return epoch;
  }

  RecentEvents recent() {
    return recent;
  }

  History history() {
    return history;
  }

  int ticks() {
    return ticks;
  }

  int heartbeatTicks() {
    return (int) settings.heartbeat().toSeconds();
  }

  Duration heartbeat() {
    return settings.heartbeat();
  }

  int writeTimeoutTicks() {
    return (int) settings.writeTimeout().toSeconds();
  }

  /** A reconnection time for one connection: the least, and up to half as much again. */
  Duration reconnectionTime(RandomGenerator random) {
    long least = settings.reconnectionTime().toMillis();
    return Duration.ofMillis(least + random.nextLong(least / 2 + 1));
  }

  void checkTopics(SubscriptionRequest request) {
    int limit = settings.maxTopicsPerSubscription();
    if (request.topics().size() > limit) {
      throw new IllegalArgumentException(
          request.topics().size() + " topics are over the limit of " + limit + " a subscription");
    }
  }

  Topics topics() {
    return topics;
  }

  /** The offset that every lane has passed; a lane that nothing concerned is told to go on. */
  private long seenByLanes() {
    long seen = recent.head();
    for (Lane lane : lanes) {
      seen = Math.min(seen, lane.position());
      lane.want();
      lane.wake();
    }
    return seen;
  }

  /** The hub's ear at the history. */
  private final class Listener implements HistoryListener {
    @Override
    public void topic(
        Topic topic,
        long lastOffset,
        long trimmedThrough,
        @Nullable EncodedEvent newest,
        boolean completed) {
      topics.existing(topic).restore(lastOffset, trimmedThrough, newest, completed);
    }

    /** First the window, then the signals: a lane that is signalled must find the event. */
    @Override
    public void appended(EncodedEvent event) {
      TopicState state = topics.appended(event);
      recent.append(event);
      if (!event.isEnd()) published.increment();
      for (Lane lane : lanes) {
        // A lane that nothing concerns must not fall out of the window all the same.
        boolean isFarBehind = event.offset() - lane.position() > recent.size() / 2;
        if (isFarBehind || lane.isWantedBy(state)) lane.want();
      }
    }

    @Override
    public void trimmed(Topic topic, long through) {
      TopicState state = topics.known(topic);
      if (state != null) state.trimmed(through);
    }

    @Override
    public void wake() {
      for (Lane lane : lanes) lane.wake();
    }
  }
}
