package io.runnel.spring;

import io.runnel.engine.Hub;
import io.runnel.engine.Lane;
import io.runnel.engine.RecurringTask;
import io.runnel.servlet.PrivateStreams;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.server.reactive.ServerHttpRequest;

/**
 * The lanes of a reactive application, and the timer of its hub. No code of the application runs on
 * a lane. Safe for any thread.
 */
final class FluxStreams implements StreamDrain, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(FluxStreams.class);

  private final Hub hub;
  private final int maxStreams;
  private final Duration reconnectionTime;
  private final List<FluxLane> lanes = new ArrayList<>();
  private final ScheduledExecutorService timer;
  private final PrivateStreams privateStreams;
  private final Map<FluxStream, FluxLogin> logins = new ConcurrentHashMap<>();
  private final Set<EndOfAnswer> ends = ConcurrentHashMap.newKeySet();
  private final int writeTimeoutTicks;
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger next = new AtomicInteger();
  private final LongAdder refused = new LongAdder();
  private final LongAdder loggedOut = new LongAdder();
  private volatile boolean closed;

  /** A lane and its thread. */
  record FluxLane(Lane lane, ExecutorService thread) {}

  FluxStreams(Hub hub, RunnelProperties properties, RunnelTime time) {
    this.hub = hub;
    maxStreams = properties.maxStreams();
    reconnectionTime = properties.reconnectionTime();
    writeTimeoutTicks = (int) properties.writeTimeout().toSeconds();
    privateStreams = new PrivateStreams(hub, maxStreams, properties.resumableFor());
    ThreadFactory threads = Daemons.named("runnel-lane-");
    for (int i = 0; i < properties.laneCount(); i++) {
      var thread =
          new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads);
      lanes.add(new FluxLane(hub.newLane(thread), thread));
    }
    timer = time.newTimer();
    keepTicking(properties.endWithSession());
  }

  private void keepTicking(boolean endsWithSession) {
    var ticks = new ArrayList<RecurringTask>();
    ticks.add(recurring("the hub's clock", hub::tick));
    ticks.add(recurring("private streams", privateStreams::tick));
    if (endsWithSession) ticks.add(recurring("logging out", () -> logOut(FluxLogin::hasEnded)));
    ticks.add(recurring("ends of answers", () -> ends.removeIf(EndOfAnswer::tick)));
    timer.scheduleWithFixedDelay(() -> ticks.forEach(RecurringTask::run), 1, 1, TimeUnit.SECONDS);
  }

  private static RecurringTask recurring(String what, Runnable tick) {
    return new RecurringTask(tick, failure -> log.error("{} missed a tick", what, failure));
  }

  PrivateStreams privateStreams() {
    return privateStreams;
  }

  /** Ends the streams of those whom the test means. */
  void logOut(Predicate<FluxLogin> isMeant) {
    RecurringTask.forEach(
        logins.entrySet(),
        open -> {
          FluxStream stream = open.getKey();
          FluxLogin login = open.getValue();
          if (!isMeant.test(login) || !logins.remove(stream, login)) return;
          loggedOut.increment();
          stream.logOut();
        });
  }

  /** A stream begins; {@link #ended} must be called when it has ended. */
  void opened(FluxStream stream, FluxLogin login) {
    logins.put(stream, login);
  }

  /** Whether one more may open; if so, {@link #opened} must be called. */
  boolean mayOpen() {
    if (!closed && open.incrementAndGet() <= maxStreams) return true;
    if (!closed) open.decrementAndGet();
    refused.increment();
    return false;
  }

  void ended(FluxStream stream, ServerHttpRequest request) {
    logins.remove(stream);
    open.decrementAndGet();
    ends.add(new EndOfAnswer(request, writeTimeoutTicks));
  }

  FluxLane lane() {
    return lanes.get(Math.floorMod(next.getAndIncrement(), lanes.size()));
  }

  /** Spread, so that those who were sent away do not all come back at once. */
  Duration comeBackIn() {
    long least = reconnectionTime.toMillis();
    return Duration.ofMillis(least + ThreadLocalRandom.current().nextLong(4 * least + 1000));
  }

  @Override
  public long refused() {
    return refused.sum();
  }

  @Override
  public long slow() {
    return hub.statistics().slowDisconnects();
  }

  @Override
  public long loggedOut() {
    return loggedOut.sum();
  }

  @Override
  public void drain(Duration over) {
    closed = true;
    for (FluxLane lane : lanes) lane.thread().execute(() -> lane.lane().drain(over));
  }

  @Override
  public int open() {
    return open.get();
  }

  @Override
  public void close() {
    closed = true;
    timer.shutdownNow();
    for (FluxLane lane : lanes) {
      lane.thread().execute(lane.lane()::close);
      lane.thread().shutdown();
    }
  }
}
