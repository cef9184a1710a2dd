package io.runnel.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One thread and the subscribers that belong to it. Only the lane touches its subscribers.
 *
 * <p>The lane has a position, like a subscriber. In one <em>turn</em> it takes all that is new
 * since then, joins it topic by topic, and writes each joined batch to every subscriber that stands
 * at the lane's own position: the live ones ({@link Turn}). A subscriber whose socket did not take
 * all of it leaves the live ones with a position of its own and comes back by itself ({@link
 * LaneSubscription}).
 *
 * <p>All methods are called on the lane's thread, unless they say otherwise.
 */
public final class Lane {
  /** The most bytes that are joined into one batch, but always at least one event. */
  static final int MAX_BATCH = 64 << 10;

  /** Writes after which a turn pauses, unless said otherwise: less than a millisecond's. */
  static final int WRITES_BEFORE_PAUSE = 128;

  private static final int MOST_WRITES = 1 << 20;

  private static final int IDLE = 0;
  private static final int WANTED = 1;
  private static final int SIGNALLED = 2;

  final Hub hub;
  final RandomGenerator random;
  private final int index;
  private final Executor executor;
  private final Executor pauses;
  private final int writesBeforePause;
  private final LaneListener listener;
  private final AtomicInteger signal = new AtomicInteger();

  // Everything below belongs to the lane's thread; position and the counts are read by others.
  final LaneCounters counters = new LaneCounters();
  private final LaneInterests interests;
  private final EventBatch batch = new EventBatch();
  private @Nullable EventRun spareRun = new EventRun();
  private final List<LaneSubscription> subscriptions = new ArrayList<>();
  private final Turn turn = new Turn(this, batch);
  private final Runnable goOnAfterPause = this::goOnAfterPause;

  /** From the beginning of a turn to its end, pauses included. */
  private boolean inTurn;

  /** Whether another turn was signalled in this one. */
  private boolean again;

  /** What is not for the middle of a turn. */
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

  private boolean isDoingWhatWaits;
  private long headAtPause;
  private boolean closed;
  private @Nullable Drain drain;
  private volatile long position;

  Lane(
      Hub hub,
      int index,
      Executor executor,
      Executor pauses,
      int writesBeforePause,
      LaneListener listener,
      RandomGenerator random) {
    this.hub = hub;
    this.random = random;
    this.index = index;
    this.executor = executor;
    this.pauses = pauses;
    this.writesBeforePause = writesBeforePause;
    this.listener = listener;
    interests = new LaneInterests(hub.topics(), index);
    position = hub.recent().head();
  }

  /**
   * Begins a subscription. The sink hears of its opening now or, where the history has to be read
   * first, later on this thread: so it may be called, and even be at its end, before this returns.
   *
   * @throws IllegalArgumentException if more topics are asked for than the hub allows
   * @throws TooManyTopicsException if a topic asked for is new and there is no room for it
   * @throws IllegalStateException if the lane is closed
   */
  public Subscription subscribe(SubscriptionRequest request, EventSink sink) {
    if (closed) throw new IllegalStateException("the lane is closed");
    hub.checkTopics(request);
    // First the interest, then the turn: an event in between is signalled or taken, never neither.
    var subscription = new LaneSubscription(this, interests.of(request.topics()), sink, request);
    subscription.index = subscriptions.size();
    subscriptions.add(subscription);
    long now = hub.recent().head();
    // Counted only now that it has its position: whatever is published after that comes to it.
    counters.subscriptions = subscriptions.size();
    outsideOfTurn(() -> afterTurn(() -> subscription.begin(request.start(), now)));
    return subscription;
  }

  /**
   * Does it when the lane stands at the newest position: whatever anybody knows of is behind it.
   * Not to be called in the middle of a turn.
   */
  void afterTurn(Runnable task) {
    if (closed) return; // Nobody is left, and another lane may have the index.
    waiting.addFirst(task);
    beginTurn();
  }

  /** Does it now, or, in the middle of a turn, after the turn. */
  void outsideOfTurn(Runnable task) {
    if (inTurn) waiting.add(task);
    else task.run();
  }

  /** Every event up to here has been given to every live subscriber. Any thread. */
  long position() {
    return position;
  }

  EventBatch emptyBatch() {
    batch.clear();
    return batch;
  }

  /** An empty run, which nobody else has before it is {@linkplain #giveBack given back}. */
  EventRun takeRun() {
    EventRun run = spareRun;
    spareRun = null;
    return run != null ? run : new EventRun();
  }

  void giveBack(EventRun run) {
    run.clear();
    spareRun = run;
  }

  /** Does it later on the lane's thread, outside of a turn. Any thread. */
  void execute(Runnable task) {
    hand(executor, () -> outsideOfTurn(task));
  }

  private static void hand(Executor executor, Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException stopped) {
      // The thread has stopped before its hub: its subscribers are gone, and the others go on.
    }
  }

  // ---------------------------------------------------------------- signals: any thread

  /** An event was appended that may matter here: {@link #wake()} will be called. */
  void want() {
    signal.compareAndSet(IDLE, WANTED);
  }

  /** Lets the lane take a turn if something was appended; at most one signal is outstanding. */
  void wake() {
    if (signal.compareAndSet(WANTED, SIGNALLED)) hand(executor, this::run);
  }

  boolean isWantedBy(TopicState topic) {
    return (topic.wantedBy() & 1L << index) != 0;
  }

  // ---------------------------------------------------------------- turns

  private void run() {
    signal.set(IDLE);
    if (inTurn) again = true;
    else beginTurn();
  }

  /** Takes all that is new as it begins; what comes meanwhile has signalled another turn. */
  private void beginTurn() {
    if (inTurn || closed) return;
    inTurn = true;
    turn.begin(hub.recent().head());
    if (isOver(writesBeforePause)) doWhatWaits();
  }

  /** As many writes as events came in the pause, so that neither side keeps the other waiting. */
  private void goOnAfterPause() {
    long came = hub.recent().head() - headAtPause;
    if (isOver((int) Math.max(writesBeforePause, Math.min(came, MOST_WRITES)))) doWhatWaits();
  }

  private boolean isOver(int writes) {
    if (!turn.goOn(writes)) {
      pause(goOnAfterPause);
      return false;
    }
    inTurn = false;
    if (again) {
      again = false;
      pause(this::beginTurn); // Then what comes in the pause is joined, too.
    }
    return true;
  }

  private void pause(Runnable goOn) {
    headAtPause = hub.recent().head();
    hand(pauses, goOn);
  }

  /**
   * What waited for the end of the turn, until one of it begins another. One that throws keeps
   * nobody else waiting.
   */
  private void doWhatWaits() {
    if (isDoingWhatWaits) return;
    isDoingWhatWaits = true;
    try {
      while (!inTurn && !waiting.isEmpty()) waiting.remove().run();
    } finally {
      isDoingWhatWaits = false;
      if (!inTurn && !waiting.isEmpty()) hand(executor, this::doWhatWaits);
    }
  }

  /** The lane's side of a topic. */
  LaneTopic topic(TopicState state) {
    return interests.topic(state);
  }

  void sinkFailed(EventSink sink, RuntimeException failure) {
    listener.sinkFailed(sink, failure);
  }

  /** The turn was too slow for the window: the live ones go on one by one. */
  void fallBehind(long head) {
    counters.laneFellBehind++;
    long from = position;
    interests.meetEveryTopic();
    position = head;
    for (LaneSubscription subscription : List.copyOf(subscriptions)) subscription.leaveLiveAt(from);
  }

  /** Every event up to here has been given to every live subscriber. */
  void moveTo(long position) {
    this.position = position;
  }

  // ---------------------------------------------------------------- subscriptions

  void removed(LaneSubscription subscription) {
    LaneSubscription last = subscriptions.remove(subscriptions.size() - 1);
    if (last != subscription) {
      subscriptions.set(subscription.index, last);
      last.index = subscription.index;
    }
    counters.subscriptions = subscriptions.size();
    outsideOfTurn(() -> release(subscription));
  }

  private void release(LaneSubscription subscription) {
    Interest interest = subscription.interest;
    if (subscription.liveIndex != LaneSubscription.NOT_LIVE) interest.leave(subscription);
    interests.release(interest);
  }

  // ---------------------------------------------------------------- time

  /** About once a second: heartbeats, deadlines, draining. */
  void tick() {
    int now = hub.ticks();
    for (int i = subscriptions.size() - 1; i >= 0; i--) {
      if (i < subscriptions.size()) subscriptions.get(i).tick(now);
    }
    countBacklog();
    if (now % Hub.FORGET_TICKS == 0) interests.forgetRetiredTopics();
    Drain drain = this.drain;
    if (drain != null) drain.close(subscriptions, now);
  }

  private void countBacklog() {
    int behind = 0;
    long furthest = 0;
    for (LaneSubscription subscription : subscriptions) {
      long distance = subscription.behind();
      if (distance > 0) behind++;
      furthest = Math.max(furthest, distance);
    }
    counters.behind = behind;
    counters.furthestBehind = furthest;
  }

  /**
   * Begins to close the lane's subscriptions, those that are still to come as well, spread over the
   * time given, each with its own {@code retry:}.
   */
  public void drain(Duration over) {
    outsideOfTurn(() -> beginDraining(over));
  }

  private void beginDraining(Duration over) {
    var drain = new Drain(hub.ticks(), over);
    this.drain = drain;
    drain.close(subscriptions, hub.ticks());
  }

  /**
   * Ends the lane: its subscriptions are told when to come back, and end; the hub has room for
   * another lane. To do so again does nothing. Its thread may stop after that.
   */
  public void close() {
    outsideOfTurn(this::end);
  }

  private void end() {
    if (closed) return;
    beginDraining(Duration.ZERO);
    closed = true;
    // What still waits lets go of topics, and must not do so when the index is another lane's.
    while (!waiting.isEmpty()) waiting.remove().run();
    hub.removed(this, index);
  }
}
