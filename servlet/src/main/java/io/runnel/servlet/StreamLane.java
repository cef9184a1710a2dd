package io.runnel.servlet;

import static java.lang.System.Logger.Level.ERROR;

import io.runnel.engine.EventSink;
import io.runnel.engine.Hub;
import io.runnel.engine.Lane;
import io.runnel.engine.RecurringTask;
import java.lang.System.Logger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * One thread, its lane in the hub, and the answers that it writes.
 *
 * <p>{@link #execute} and the counts may be called by any thread, the rest on the lane's.
 */
final class StreamLane {
  private static final Logger log = System.getLogger(StreamLane.class.getName());

  final Lane lane;
  final WebSocketFrames webSocketFrames = new WebSocketFrames();
  private final EventStreams streams;
  private final int writeTimeoutTicks;
  private final ThreadPoolExecutor thread;

  /** How many streams were given to this lane and are not over; any thread. */
  final AtomicInteger load = new AtomicInteger();

  // The lane's.
  private final List<NonBlockingResponse> responses = new ArrayList<>();
  private final List<Member> open = new ArrayList<>();
  private int now;
  private int drainEnd = -1;

  /** What is looked after as long as it is open. */
  interface Member {
    /** About once a second; true if it is no longer open. */
    boolean tick();

    /** The application stops: ends it, and says when to come back. */
    void release();

    /** Whose it is. */
    Login login();

    /** They have logged out, or their rights have changed: ends it. */
    void logOut();
  }

  StreamLane(EventStreams streams, Hub hub, ThreadFactory threads, int writeTimeoutTicks) {
    this.streams = streams;
    this.writeTimeoutTicks = writeTimeoutTicks;
    thread =
        new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads);
    lane = hub.newLane(this::execute, this::sinkFailed);
  }

  /** Does it on the lane's thread; what fails harms nobody else. Any thread. */
  void execute(Runnable task) {
    try {
      thread.execute(() -> run(task));
    } catch (RejectedExecutionException stopped) {
      // The application has stopped: so have its streams.
    }
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      log.log(ERROR, "a task of an event stream failed", e);
    }
  }

  private void sinkFailed(EventSink stream, RuntimeException failure) {
    log.log(ERROR, "an event stream failed", failure);
  }

  /** Looks after the response until it is over. */
  void add(NonBlockingResponse response) {
    responses.add(response);
  }

  void add(Member member) {
    open.add(member);
  }

  /** Ticks, about seconds, since the lane began. */
  int now() {
    return now;
  }

  int writeTimeoutTicks() {
    return writeTimeoutTicks;
  }

  /** About once a second: deadlines, heartbeats. What fails of it is thrown when all is done. */
  void tick() {
    now++;
    List<Runnable> parts =
        List.of(
            () -> logOut(Login::hasEnded),
            () -> tick(open, Member::tick),
            () -> tick(responses, NonBlockingResponse::tick),
            this::drainShare);
    RecurringTask.forEach(parts, Runnable::run);
  }

  /** Ticks each, and removes those that are over. */
  private static <T> void tick(List<T> all, Predicate<T> tick) {
    var over = new HashSet<T>();
    try {
      RecurringTask.forEach(
          all,
          each -> {
            if (tick.test(each)) over.add(each);
          });
    } finally {
      if (!over.isEmpty()) all.removeAll(over);
    }
  }

  /** Ends the streams of those whom the test means. */
  void logOut(Predicate<Login> isMeant) {
    RecurringTask.forEach(
        List.copyOf(open),
        member -> {
          if (isMeant.test(member.login())) member.logOut();
        });
  }

  /** Ends all streams, spread over the time. */
  void drain(Duration over) {
    lane.drain(over);
    drainEnd = now + (int) over.toSeconds();
    drainShare();
  }

  private void drainShare() {
    if (drainEnd < 0) return;
    int ticksLeft = Math.max(0, drainEnd - now);
    int share = (open.size() + ticksLeft) / (ticksLeft + 1);
    RecurringTask.forEach(List.copyOf(open.subList(0, share)), Member::release);
  }

  /** Ends all streams now, and the lane; no new tasks. Waits a little. Any thread. */
  void stop() {
    execute(() -> drain(Duration.ZERO));
    execute(lane::close);
    thread.shutdown();
    try {
      if (!thread.awaitTermination(2, TimeUnit.SECONDS)) thread.shutdownNow();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  boolean takeLastResort() {
    if (!streams.lastResort.tryAcquire()) return false;
    streams.counters.lastResorts.increment();
    return true;
  }

  void releaseLastResort() {
    streams.lastResort.release();
  }

  void countGateTimeout() {
    streams.counters.gateTimeouts.increment();
  }
}
