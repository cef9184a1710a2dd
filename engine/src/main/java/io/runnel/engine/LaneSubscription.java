package io.runnel.engine;

import io.runnel.engine.ControlEvents.GapReason;
import io.runnel.engine.EventSink.EndReason;
import io.runnel.engine.SubscriptionRequest.Heartbeat;
import io.runnel.eventstream.EventStreamEncoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One subscriber in its lane.
 *
 * <p>It is <em>live</em> when it has everything up to the lane's position: then it has no position
 * of its own and the lane writes to it. Otherwise (it resumes, or its socket is full) it reads for
 * itself, from its own position up to the lane's: from the window where that reaches back far
 * enough, else from the history. When nothing is left it is live again. There is one order of
 * events, so there is no seam between the two.
 */
final class LaneSubscription implements Subscription {
  static final int NOT_LIVE = -1;

  /** Beyond this distance the history's index is faster than looking at each event. */
  private static final int WINDOW_SCAN = 1024;

  /** Batches that one subscriber may take before others have their turn. */
  private static final int MAX_STEPS = 16;

  final Lane lane;
  final Interest interest;
  final EventSink sink;
  private final Heartbeat heartbeat;
  private final boolean sendsOpening;

  int index;
  int liveIndex = NOT_LIVE;

  /** When something was last written to this one alone, in ticks: {@link #lastWrite()}. */
  private int lastWrite;

  private long position;
  private boolean open = true;
  private boolean begun;
  private boolean opened;
  private boolean blocked;

  /** Whether it is writable again, and waits for the end of a turn. */
  private boolean aboutToGoOn;

  private boolean writing;
  private boolean reading;
  private boolean slow;

  /** How it begins; null once the opening is sent. */
  private @Nullable Beginning beginning;

  /** How much of each topic is known to be missing: it has been said, or was not asked for. */
  private @Nullable Map<Topic, Long> missing;

  LaneSubscription(Lane lane, Interest interest, EventSink sink, SubscriptionRequest request) {
    this.lane = lane;
    this.interest = interest;
    this.sink = sink;
    heartbeat = request.heartbeat();
    sendsOpening = request.opening();
    lastWrite = lane.hub.ticks();
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void writable() {
    aboutToGoOn = true;
    if (writing) lane.execute(this::goOn);
    else lane.outsideOfTurn(this::goOn);
  }

  private void goOn() {
    aboutToGoOn = false;
    blocked = false;
    if (begun) advance();
  }

  @Override
  public void close() {
    if (!open) return;
    open = false;
    if (liveIndex != NOT_LIVE) interest.silence(this);
    lane.removed(this);
  }

  void end(EndReason reason) {
    if (!open) return;
    if (reason == EndReason.SLOW) lane.counters.slowDisconnects++;
    close();
    try {
      sink.end(reason);
    } catch (RuntimeException e) {
      lane.sinkFailed(sink, e); // It has ended all the same.
    }
  }

  /** The sink threw. */
  void fail(RuntimeException failure) {
    lane.sinkFailed(sink, failure);
    end(EndReason.FAILED);
  }

  /** Hands the batch to the sink; one that throws harms nobody but its own subscription. */
  boolean offer(EventBatch batch) {
    try {
      return sink.write(batch);
    } catch (RuntimeException e) {
      fail(e);
      return true;
    }
  }

  // ---------------------------------------------------------------- beginning

  /**
   * Begins, after a turn.
   *
   * @param now the newest position when it was asked for, which the turn has passed
   */
  void begin(Start start, long now) {
    if (!open) return;
    begun = true;
    if (start instanceof Start.After after && !after.cursor().isEmpty()) resume(after.cursor());
    else if (start instanceof Start.Latest) beginAtLatest();
    else if (start instanceof Start.Oldest || interest.isCompleteAt(lane.position())) {
      beginAtOldest(Beginning.WITH_WHAT_IS_KEPT);
    } else beginAt(now, Beginning.NOW);
  }

  private void beginAt(long position, Beginning beginning) {
    this.position = position;
    this.beginning = beginning;
    advance();
  }

  /** All that is kept; what is not kept was not asked for, or is said to be missing at once. */
  private void beginAtOldest(Beginning beginning) {
    for (int i = 0; i < interest.topicCount(); i++) {
      knowMissing(interest.topic(i).topic, interest.topic(i).trimmedThrough());
    }
    beginAt(0, beginning);
  }

  /** From the oldest of the topics' newest events; of each topic only what is its newest. */
  private void beginAtLatest() {
    long oldest = lane.position();
    for (int i = 0; i < interest.topicCount(); i++) {
      long newest = interest.topic(i).newest();
      if (newest == 0) continue;
      knowMissing(interest.topic(i).topic, newest - 1);
      oldest = Math.min(oldest, newest - 1);
    }
    beginAt(oldest, Beginning.WITH_WHAT_IS_KEPT);
  }

  private void resume(String cursor) {
    lane.counters.resumed++;
    String epoch = lane.hub.epoch();
    if (Cursor.isMalformed(cursor)) {
      beginAfterGap(GapReason.MALFORMED);
    } else if (Cursor.isOf(epoch, cursor)) {
      long offset = Cursor.offset(cursor);
      if (offset <= lane.position()) beginAfter(offset, null);
      else beginAfterGap(GapReason.UNKNOWN);
    } else {
      reading = true;
      lane.hub
          .history()
          .find(
              topicsEver(),
              cursor,
              (offset, repeats) ->
                  lane.execute(() -> lane.afterTurn(() -> found(cursor, offset, repeats))));
    }
  }

  /** The topics meant, and those that were: an id may have stood in one that is forgotten. */
  private List<Topic> topicsEver() {
    var topics = new ArrayList<>(TopicState.names(interest.states()));
    if (interest.isExact) return topics;
    topics.addAll(lane.hub.topics().forgottenNames(interest.patterns));
    return topics;
  }

  private void found(String cursor, long offset, boolean repeats) {
    reading = false;
    if (!open) return;
    if (offset > 0) {
      beginAfter(offset, repeats ? GapReason.AMBIGUOUS : null);
    } else {
      beginAfterGap(Cursor.isMinted(cursor) ? GapReason.EPOCH : GapReason.UNKNOWN);
    }
  }

  private void beginAfter(long offset, @Nullable GapReason gap) {
    beginAt(offset, Beginning.after(gap, isForgottenAfter(offset)));
  }

  private void beginAfterGap(GapReason gap) {
    beginAtOldest(Beginning.after(gap, false));
  }

  /** Now, and not when the first events are there: a topic may have come back by then. */
  private boolean isForgottenAfter(long offset) {
    return !interest.isExact && lane.hub.topics().forgottenThrough(interest.patterns) > offset;
  }

  // ---------------------------------------------------------------- reading for itself

  /** The lane wrote a batch, and the sink kept a rest of it. */
  void fallBehind(long through) {
    holdUp();
    leaveLiveAt(through);
  }

  /** Takes the subscription from the live ones, with a position of its own. */
  void leaveLiveAt(long position) {
    if (liveIndex == NOT_LIVE) return;
    lastWrite = lastWrite();
    interest.leave(this);
    this.position = position;
    lane.execute(this::advance);
  }

  private void holdUp() {
    blocked = true;
    slow = true;
    lane.counters.heldUp++;
  }

  /** Goes on until it is live, the sink is full or the history has to be waited for. */
  private void advance() {
    for (int step = 0; open && !blocked && !reading && liveIndex == NOT_LIVE; step++) {
      if (step == MAX_STEPS) {
        lane.execute(this::advance);
        return;
      }
      if (beginning == null && position >= lane.position()) {
        if (interest.isCompleteAt(position)) end(EndReason.COMPLETED);
        else joinLive();
        return;
      }
      readOn();
    }
  }

  private void joinLive() {
    missing = null;
    slow = false;
    interest.join(this);
  }

  private void readOn() {
    long through = lane.position();
    if (through - position <= WINDOW_SCAN && deliverFromWindow(through)) return;
    reading = true;
    HistoryReading.begin(this, position, through);
  }

  private boolean deliverFromWindow(long through) {
    EventRun events = lane.takeRun();
    long read = readWindow(through, events);
    if (read >= 0) deliver(events, read, null);
    lane.giveBack(events);
    return read >= 0;
  }

  /** Reads from the window; answers how far it came, or -1 if the window begins too late. */
  private long readWindow(long through, EventRun events) {
    RecentEvents window = lane.hub.recent();
    for (long offset = position + 1; offset <= through; offset++) {
      TopicState topic = window.topic(offset);
      if (topic == null) return -1;
      if (!interest.contains(lane.topic(topic))) continue;
      if (!events.add(window, topic.topic, offset)) return -1;
      if (events.bytes() >= Lane.MAX_BATCH) return offset;
    }
    return through;
  }

  /** The history was read, and the lane has passed what it gave. */
  void read(List<EncodedEvent> events, long through, Map<TopicState, Long> trimmed) {
    reading = false;
    if (!open) return;
    EventRun run = lane.takeRun();
    events.forEach(run::add);
    deliver(run, through, trimmed);
    lane.giveBack(run);
    advance();
  }

  // ---------------------------------------------------------------- delivering

  /**
   * Sends what was read, after the opening and the gap that may have to come first.
   *
   * @param trimmed how far each topic had been trimmed when the history was read; null if the
   *     window was read
   */
  private void deliver(EventRun events, long through, @Nullable Map<TopicState, Long> trimmed) {
    Beginning beginning = this.beginning;
    Hidden hidden = hidden(trimmed);
    long missed = missed(beginning, hidden, events, through);
    if (hidden != null && missed != 0) {
      if (beginning == null && hidden.disconnects()) {
        end(EndReason.SLOW);
        return;
      }
      hidden.forEach(this::knowMissing);
      if (interest.topicCount() == 1) through = Math.max(through, hidden.through(lane.position()));
    }
    events.removeIf(i -> events.isEnd(i) || events.offset(i) <= missingThrough(events.topic(i)));
    send(beginning, gap(beginning, missed), missed, events, through);
  }

  /** How many events are missing, -1 if nobody can tell. */
  private long missed(
      @Nullable Beginning beginning, @Nullable Hidden hidden, EventRun events, long through) {
    if (beginning != null && beginning.missesUnknown()) return -1;
    return hidden == null ? 0 : hidden.countEvents(lane.hub, events, through);
  }

  private @Nullable GapReason gap(@Nullable Beginning beginning, long missed) {
    if (missed == 0) return null;
    return beginning == null ? GapReason.SLOW : beginning.reasonForMissing();
  }

  private void send(
      @Nullable Beginning beginning,
      @Nullable GapReason gap,
      long missed,
      EventRun events,
      long through) {
    if (beginning != null
        && !open(beginning, gap, events.isEmpty() && through >= lane.position())) {
      return;
    }
    EventBatch batch = lane.emptyBatch();
    if (beginning != null) addOpening(batch, beginning, gap);
    if (gap != null) {
      lane.counters.gaps++;
      String first = events.isEmpty() ? null : cursor(events.offset(0));
      batch.add(ControlEvents.gap(gap, first, missed));
    }
    for (int i = 0; i < events.count(); i++) events.addTo(batch, i);
    position = through;
    write(batch);
  }

  private Opening opening(Beginning beginning, @Nullable GapReason gap, boolean hasAll) {
    Boolean recovered = beginning.hasCursor() ? gap == null : null;
    boolean finished = hasAll && gap == null && interest.isCompleteAt(lane.position());
    return new Opening(cursor(position), recovered, finished);
  }

  private boolean open(Beginning beginning, @Nullable GapReason gap, boolean hasAll) {
    this.beginning = null;
    opened = true;
    lane.counters.opened++;
    try {
      if (sink.open(opening(beginning, gap, hasAll))) return open;
      close();
    } catch (RuntimeException e) {
      fail(e);
    }
    return false;
  }

  private void addOpening(EventBatch batch, Beginning beginning, @Nullable GapReason gap) {
    batch.add(EventStreamEncoder.encodeRetry(lane.hub.reconnectionTime(lane.random)));
    if (!sendsOpening) return;
    batch.add(ControlEvents.open(opening(beginning, gap, false), lane.hub.heartbeat()));
  }

  private String cursor(long offset) {
    return Cursor.format(lane.hub.epoch(), offset);
  }

  /** Writes the lane's batch to this subscriber alone. */
  private boolean write(EventBatch batch) {
    if (batch.length() == 0) return true;
    lastWrite = lane.hub.ticks();
    lane.counters.deliveries += batch.events();
    lane.counters.writes++;
    lane.counters.bytes += batch.length();
    writing = true; // The sink may become writable before it has answered.
    boolean all = offer(batch);
    writing = false;
    if (!all && open) holdUp();
    return all;
  }

  // ---------------------------------------------------------------- what is missing

  /**
   * What this subscriber will not get though it lies before it: null if nothing. Whoever begins, or
   * reads the history, gets what is kept. Whoever reads the window later gets all of it. Whoever
   * was held up gets of some topics the newest event only.
   */
  private @Nullable Hidden hidden(@Nullable Map<TopicState, Long> trimmed) {
    boolean isBehindOneTurn = beginning == null ? !slow : beginning.isNow();
    if (trimmed == null && isBehindOneTurn) return null;
    Hidden hidden = null;
    // Topics that came to a pattern since the history was asked have nothing that it could miss.
    for (TopicState topic : trimmed == null ? interest.states() : trimmed.keySet()) {
      long gone = 0;
      if (trimmed != null) gone = trimmed.getOrDefault(topic, 0L);
      else if (beginning != null) gone = topic.trimmedThrough();
      long through = Math.max(gone, passedOverThrough(topic));
      through = Math.min(through, lane.position()); // What lies beyond is for the lane to give.
      long known = Math.max(position, missingThrough(topic.topic));
      if (through <= known) continue;
      if (hidden == null) hidden = new Hidden(position);
      hidden.add(topic, known, through, gone > known);
    }
    return hidden;
  }

  /** Whoever was held up goes on from the newest event, if that is the topic's policy. */
  private long passedOverThrough(TopicState topic) {
    if (!slow || topic.slowConsumers != SlowConsumerPolicy.LATEST) return 0;
    return Math.max(0, topic.newest() - 1);
  }

  private long missingThrough(Topic topic) {
    return missing == null ? 0 : missing.getOrDefault(topic, 0L);
  }

  private void knowMissing(Topic topic, long through) {
    if (missing == null) missing = new HashMap<>();
    missing.merge(topic, through, Math::max);
  }

  // ---------------------------------------------------------------- time

  /** How many positions it is behind its lane; 0 while it is beginning. */
  long behind() {
    return liveIndex != NOT_LIVE || !opened ? 0 : lane.position() - position;
  }

  /** About once a second. */
  void tick(int now) {
    if (!opened || reading || aboutToGoOn) return;
    if (blocked && hasTakenSome()) lastWrite = now;
    int silent = now - lastWrite();
    if (blocked) {
      if (silent >= lane.hub.writeTimeoutTicks()) end(EndReason.SLOW);
    } else if (silent >= lane.hub.heartbeatTicks()) {
      sendHeartbeat();
    }
  }

  private boolean hasTakenSome() {
    try {
      return sink.hasTakenSome();
    } catch (RuntimeException e) {
      fail(e);
      return false;
    }
  }

  /** When something was last written, alone or together with the live ones. */
  private int lastWrite() {
    return liveIndex == NOT_LIVE ? lastWrite : Math.max(lastWrite, interest.lastWrite);
  }

  private void sendHeartbeat() {
    lane.counters.heartbeats++;
    EventBatch batch = lane.emptyBatch();
    batch.add(
        heartbeat == Heartbeat.COMMENT
            ? ControlEvents.HEARTBEAT_COMMENT
            : ControlEvents.HEARTBEAT_EVENT);
    if (!write(batch)) leaveLiveAt(lane.position());
  }

  /** The hub stops: says when to come back, somewhen within the time and a little, and ends. */
  void sayGoodbye(Duration within) {
    if (!open) return;
    if (opened && !blocked) {
      long millis = 1000 + lane.random.nextLong(within.toMillis() + 1000);
      EventBatch batch = lane.emptyBatch();
      batch.add(EventStreamEncoder.encodeRetry(Duration.ofMillis(millis)));
      write(batch);
    }
    end(EndReason.SHUTDOWN);
  }
}
