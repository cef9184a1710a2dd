package io.runnel.client;

import io.runnel.client.ConnectionFailedException.Reason;
import io.runnel.client.EventSource.State;
import io.runnel.eventstream.EventStreamParser;
import io.runnel.eventstream.EventStreamTooLongException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of an {@link EventSource}: one stream over as many connections as it takes.
 *
 * <p>Bytes come from the {@link Connection} into the {@link Inflow}, are read by the parser, and
 * what they mean goes through the {@link Interpreter} into the {@link Outflow}, which hands it out.
 *
 * <p><b>Demand.</b> An event is handed out against demand. Bytes are read in small slices, and the
 * next slice only when what the last one held has been handed out; more bytes are asked of the
 * connection only when all slices are read. So a reader that stops stops the socket, and what waits
 * in memory is bounded by one chunk of the HTTP client and one slice.
 *
 * <p><b>The resumed position</b> follows what was handed out: an event that is still waiting has
 * not moved {@link #lastEventId()} yet.
 */
final class ReconnectingStream {
  /** How many bytes are parsed at once, and so how many events (of 7 bytes at least) may wait. */
  private static final int SLICE = 1024;

  private static final Duration SHORTEST_RETRY = Duration.ofMillis(500);
  private static final Duration LONGEST_RETRY = Duration.ofMinutes(5);
  private static final Duration SHORTEST_HEARTBEAT = Duration.ofSeconds(1);
  private static final Duration LONGEST_HEARTBEAT = Duration.ofMinutes(5);

  private final Settings settings;
  private final EventHandler handler;
  private final Timers timers;
  private final Turns turns = new Turns(this::deliver, this::broken);
  private final Outflow outflow;
  private final Interpreter interpreter;
  private final EventStreamParser parser;
  private final CompletableFuture<@Nullable Void> completion = new CompletableFuture<>();

  // Written by the turns, and by close() as well; read by any thread.
  private final AtomicReference<State> state = new AtomicReference<>(State.CONNECTING);
  private final AtomicReference<@Nullable Connection> connection = new AtomicReference<>();
  private final AtomicReference<Timers.@Nullable Timer> timer = new AtomicReference<>();

  // Written by the turns, read by any thread.
  private volatile Duration reconnectionTime;

  // The turns: this connection. Receivers of older ones are told apart by their attempt.
  private int attempt;
  private boolean opened;
  private long openedAt;
  private @Nullable Inflow inflow;
  private boolean isRequested;
  private boolean isEnded;
  private @Nullable ConnectionFailedException endedBy;
  private long requestedAt;

  // The turns: the stream.
  private Duration idleTimeout;
  private int failures;
  private boolean isFinished;

  ReconnectingStream(Settings settings, EventHandler handler, long demand) {
    this.settings = settings;
    this.handler = handler;
    this.timers = settings.timers();
    this.reconnectionTime = settings.reconnectionTime();
    this.idleTimeout = settings.idleTimeout();
    this.outflow = new Outflow(handler, settings.executor(), turns, settings.lastEventId(), demand);
    this.interpreter = new Interpreter(handler, outflow, this::retry, this::heartbeat);
    this.parser = new EventStreamParser(interpreter, settings.limits());
  }

  State state() {
    return state.get();
  }

  String lastEventId() {
    return outflow.lastEventId();
  }

  Duration reconnectionTime() {
    return reconnectionTime;
  }

  CompletableFuture<@Nullable Void> completion() {
    return completion;
  }

  /*
   * A caller's thread takes no turn in the next three: on a busy stream it would not be given back,
   * and a handler would run in it that may wait for it.
   */

  void start() {
    settings.executor().execute(() -> turns.post(this::connect));
  }

  /** Lets so many more events be handed out. */
  void request(long events) {
    outflow.demand(events);
    settings.executor().execute(turns::wake);
  }

  /** Drops the connection, if there is one, and what came over it, and connects at once. */
  void restart() {
    settings.executor().execute(() -> turns.post(this::connectAnew));
  }

  /**
   * Closes. The socket is cut here, not in a turn: a handler that blocks holds up the turn, and
   * must not hold up its end.
   */
  void close() {
    state.set(State.CLOSED);
    dropConnection();
    turns.post(() -> finish(null));
  }

  private boolean isClosed() {
    return state.get() == State.CLOSED;
  }

  /** Goes to a state, unless the stream is closed: closed is for ever. */
  private boolean become(State next) {
    State before = state.getAndUpdate(now -> now == State.CLOSED ? now : next);
    return before != State.CLOSED;
  }

  private void broken(Throwable e) {
    finish(new ConnectionFailedException(Reason.NETWORK, "the stream broke: " + e, e));
    outflow.handOut(() -> false);
  }

  // Connecting

  private void connectAnew() {
    dropConnection();
    beginAttempt();
    var restarted = new ConnectionFailedException(Reason.ENDED, "the source was restarted");
    outflow.drop(restarted, this::connect);
  }

  private void connect() {
    dropConnection();
    if (!become(State.CONNECTING)) return;
    int thisAttempt = beginAttempt();
    setTimer(settings.openTimeout(), () -> openTimeout(thisAttempt));
    StreamRequest request;
    try {
      request = settings.request().next(lastEventId());
    } catch (Exception e) {
      endAttempt(
          new ConnectionFailedException(Reason.REQUEST, "the request could not be made: " + e, e));
      return;
    }
    connection.set(settings.connector().connect(request, new AttemptReceiver(thisAttempt)));
    // close() may have come while the request was being made, and have seen no connection.
    if (isClosed()) dropConnection();
  }

  private int beginAttempt() {
    closeInflow();
    opened = false;
    isRequested = false;
    isEnded = false;
    endedBy = null;
    parser.restart(lastEventId());
    return ++attempt;
  }

  private void dropConnection() {
    Timers.Timer waiting = timer.getAndSet(null);
    if (waiting != null) waiting.cancel();
    Connection dropped = connection.getAndSet(null);
    if (dropped != null) dropped.cancel();
  }

  /** Sets the one timer of this stream. */
  private void setTimer(Duration delay, Runnable task) {
    Timers.Timer old = timer.getAndSet(timers.after(delay, () -> turns.post(task)));
    if (old != null) old.cancel();
    if (isClosed()) dropConnection();
  }

  private void openTimeout(int ofAttempt) {
    if (ofAttempt != attempt || opened) return;
    endAttempt(
        new ConnectionFailedException(
            Reason.NETWORK, "no answer within " + settings.openTimeout().toMillis() + " ms"));
  }

  /** "Announce the connection": "set the readyState attribute to OPEN". */
  private void announceTheConnection(URI from, HttpHeaders headers) {
    if (!become(State.OPEN)) return;
    opened = true;
    openedAt = timers.nanoTime();
    inflow = Inflow.decoding(HttpConnection.contentEncoding(headers));
    outflow.call(() -> handler.opened(from, headers));
    watchForSilence(idleTimeout);
  }

  private void watchForSilence(Duration delay) {
    int thisAttempt = attempt;
    Duration never = Duration.ofSeconds(Long.MAX_VALUE);
    setTimer(idleTimeout.isZero() ? never : delay, () -> idleTimeout(thisAttempt));
  }

  private void idleTimeout(int ofAttempt) {
    if (ofAttempt != attempt || !opened || isEnded) return;
    // While nothing was asked for, silence is the reader's own; and bytes end what was asked for.
    if (!isRequested) {
      watchForSilence(idleTimeout);
      return;
    }
    Duration silent = since(requestedAt);
    if (silent.compareTo(idleTimeout) < 0) {
      watchForSilence(idleTimeout.minus(silent));
      return;
    }
    endAttempt(
        new ConnectionFailedException(
            Reason.SILENT, "no byte came for " + idleTimeout.toMillis() + " ms"));
  }

  private Duration since(long nanoTime) {
    return Duration.ofNanos(timers.nanoTime() - nanoTime);
  }

  /** The attempt is over, but what it brought may still wait to be handed out. */
  private void endAttempt(@Nullable ConnectionFailedException cause) {
    if (isEnded) return;
    isEnded = true;
    endedBy = cause;
  }

  // Delivering

  private void deliver() {
    byte[] slice = null;
    while (!isClosed()) {
      if (!outflow.handOut(this::isClosed)) return;
      if (isClosed()) break;
      if (inflow != null) {
        if (slice == null) slice = new byte[SLICE];
        if (readSlice(inflow, slice)) continue;
      }
      if (isEnded && endTheLargeEvent()) continue;
      if (!isEnded) {
        askForBytes();
        return;
      }
      afterTheEnd();
      if (!isClosed()) return;
    }
    closeInflow();
    // A handler that is reading a large event ends first, then it hears that all is over.
    if (isFinished) outflow.handOut(() -> false);
    else outflow.clear();
  }

  private boolean endTheLargeEvent() {
    ConnectionFailedException cause = endedBy;
    return outflow.cutTheLargeEvent(cause == null ? closed() : cause);
  }

  private static ConnectionFailedException closed() {
    return new ConnectionFailedException(Reason.ENDED, "the source was closed");
  }

  /** False if there is nothing to read. */
  private boolean readSlice(Inflow from, byte[] slice) {
    try {
      int count = from.read(slice);
      if (count == 0) return false;
      parser.feed(slice, 0, count);
      interpreter.endOfSlice();
      return true;
    } catch (ConnectionFailedException e) {
      stopReading(e);
    } catch (EventStreamTooLongException e) {
      stopReading(
          new ConnectionFailedException(Reason.TOO_LONG, String.valueOf(e.getMessage()), e));
    } catch (IOException e) {
      stopReading(new ConnectionFailedException(Reason.NETWORK, "unreadable: " + e, e));
    }
    return true;
  }

  private void stopReading(ConnectionFailedException cause) {
    closeInflow();
    isEnded = true;
    endedBy = cause;
  }

  private void closeInflow() {
    if (inflow != null) inflow.close();
    inflow = null;
  }

  private void askForBytes() {
    Connection from = connection.get();
    if (!opened || isRequested || from == null) return;
    isRequested = true;
    requestedAt = timers.nanoTime();
    from.request();
  }

  private void afterTheEnd() {
    closeInflow();
    ConnectionFailedException cause = endedBy;
    if (cause == null) finish(null);
    else reestablishTheConnection(cause);
  }

  /** "Reestablish the connection", where the policy stands for "wait a delay". */
  private void reestablishTheConnection(ConnectionFailedException cause) {
    dropConnection();
    if (!become(State.CONNECTING)) return;
    Duration lived = opened ? since(openedAt) : Duration.ZERO;
    boolean wasStable = opened && lived.compareTo(settings.stableAfter()) >= 0;
    failures = wasStable ? 1 : failures + 1;
    int ended = beginAttempt();
    var interruption =
        new Interruption(cause, failures, lived, reconnectionTime, settings.chance().getAsDouble());
    Optional<Duration> delay = ask(settings.policy(), interruption);
    if (delay.isEmpty()) {
      failTheConnection(cause);
      return;
    }
    outflow.call(() -> handler.interrupted(cause, delay.get()));
    setTimer(delay.get(), () -> connectAfter(ended));
  }

  /** A policy that throws has not said when, so the stream gives up. */
  private static Optional<Duration> ask(ReconnectPolicy policy, Interruption interruption) {
    try {
      return policy.delay(interruption).map(d -> d.isNegative() ? Duration.ZERO : d);
    } catch (RuntimeException e) {
      interruption.cause().addSuppressed(e);
      return Optional.empty();
    }
  }

  private void connectAfter(int ofAttempt) {
    if (ofAttempt == attempt) connect();
  }

  /** "Fail the connection": "set the readyState attribute to CLOSED"; no further attempt. */
  private void failTheConnection(ConnectionFailedException cause) {
    finish(cause);
  }

  private void finish(@Nullable ConnectionFailedException cause) {
    if (isFinished) return;
    isFinished = true;
    state.set(State.CLOSED);
    dropConnection();
    closeInflow();
    outflow.drop(cause == null ? closed() : cause, () -> tellThatItIsClosed(cause));
  }

  private void tellThatItIsClosed(@Nullable ConnectionFailedException cause) {
    outflow.call(() -> handler.closed(cause));
    if (cause == null) completion.complete(null);
    else completion.completeExceptionally(cause);
  }

  // What the stream says about itself

  private void retry(Duration time) {
    reconnectionTime = clamp(time, SHORTEST_RETRY, LONGEST_RETRY);
  }

  /** A hub says how often it lets itself be heard; three times that is silence. */
  private void heartbeat(Duration interval) {
    if (settings.idleTimeoutIsFixed()) return;
    idleTimeout = clamp(interval, SHORTEST_HEARTBEAT, LONGEST_HEARTBEAT).multipliedBy(3);
    watchForSilence(idleTimeout);
  }

  private static Duration clamp(Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0) return least;
    return value.compareTo(most) > 0 ? most : value;
  }

  /** Brings what one attempt tells into the turn, and drops it when that attempt is history. */
  private final class AttemptReceiver implements Connection.Receiver {
    private final int ofAttempt;

    AttemptReceiver(int ofAttempt) {
      this.ofAttempt = ofAttempt;
    }

    @Override
    public void opened(URI from, HttpHeaders headers) {
      turns.post(
          () -> {
            if (isCurrent()) announceTheConnection(from, headers);
          });
    }

    @Override
    public void bytes(List<ByteBuffer> chunks) {
      turns.post(
          () -> {
            if (!isCurrent() || inflow == null) return;
            isRequested = false;
            inflow.add(chunks);
          });
    }

    @Override
    public void ended(@Nullable ConnectionFailedException cause) {
      turns.post(
          () -> {
            if (isCurrent()) endAttempt(cause);
          });
    }

    private boolean isCurrent() {
      return ofAttempt == attempt;
    }
  }
}
