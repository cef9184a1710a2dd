package io.runnel.servlet;

import static java.lang.System.Logger.Level.ERROR;

import io.runnel.engine.Hub;
import io.runnel.engine.HubSettings;
import io.runnel.engine.MemoryHistory;
import io.runnel.engine.RecurringTask;
import io.runnel.engine.Retention;
import io.runnel.engine.TopicRules;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The event streams of a web application: a hub, the few threads that write to its clients, and one
 * timer. A web application has one of these, which its servlets find in its {@link ServletContext}.
 *
 * <p>Safe for any thread.
 *
 * <pre>{@code
 * EventStreams streams = EventStreams.of(getServletContext());
 * streams.hub().publish(new Topic("orders"), Event.of("placed", json));
 * }</pre>
 */
public final class EventStreams implements AutoCloseable {
  /** The attribute of the servlet context under which an application's event streams stand. */
  public static final String ATTRIBUTE = EventStreams.class.getName();

  private static final Logger log = System.getLogger(EventStreams.class.getName());

  /** How many threads call {@link EventSource#onClose}, send pings, and cut connections, each. */
  private static final int WAITERS = 4;

  private final Hub hub;
  private final EventStreamsSettings settings;
  private final List<StreamLane> lanes = new ArrayList<>();
  private final ScheduledExecutorService timer;
  private final SourceThreads sources;
  private final PrivateStreams privateStreams;
  private final ThreadPoolExecutor closers = waiters("runnel-closer-");
  private final ThreadPoolExecutor pingers = waiters("runnel-pinger-");
  private final ThreadPoolExecutor cutters = waiters("runnel-cutter-");
  private final int heartbeatTicks;
  private boolean ownsHub;

  final StreamCounters counters = new StreamCounters();
  final Admission admission;

  /** One at a time may be completed although its client takes nothing. */
  final Semaphore lastResort = new Semaphore(1);

  /**
   * Event streams over a hub, which is not closed with them, but gets its ticks from them: nobody
   * else may call {@link Hub#tick()}.
   */
  public EventStreams(Hub hub, EventStreamsSettings settings) {
    this(hub, settings, Executors.newSingleThreadScheduledExecutor(daemons("runnel-timer-")));
  }

  /**
   * Event streams over a hub, with their tick from outside: for tests that turn the time by hand.
   *
   * @param timer runs one task with a second's delay between its runs; shut down when these are
   *     closed
   */
  public EventStreams(Hub hub, EventStreamsSettings settings, ScheduledExecutorService timer) {
    this.hub = hub;
    this.timer = timer;
    this.settings = settings;
    admission = new Admission(settings, counters, lanes);
    heartbeatTicks = (int) settings.heartbeat().toSeconds();
    sources = new SourceThreads(settings.maxSources());
    privateStreams = new PrivateStreams(hub, settings.maxStreams(), settings.resumableFor());
    ThreadFactory laneThreads = daemons("runnel-lane-");
    int writeTimeoutTicks = (int) settings.writeTimeout().toSeconds();
    for (int i = 0; i < settings.lanes(); i++) {
      lanes.add(new StreamLane(this, hub, laneThreads, writeTimeoutTicks));
    }
    keepTicking();
  }

  /** Event streams over a hub in memory, with every default. */
  public static EventStreams inMemory() {
    return inMemory(TopicRules.always(Retention.DEFAULT));
  }

  /** Event streams over a hub in memory that keeps as much of each topic as the rules say. */
  public static EventStreams inMemory(TopicRules<Retention> retention) {
    EventStreamsSettings settings = EventStreamsSettings.DEFAULT;
    var random = new SplittableRandom();
    InstantSource clock = InstantSource.system();
    TopicRules<Retention> rules =
        retention.and(PrivateStreams.PATTERN, PrivateStreams.retention(settings.resumableFor()));
    try {
      var history = new MemoryHistory(rules, MemoryHistory.DEFAULT_MAX_BYTES, clock, random);
      var hub = new Hub(HubSettings.DEFAULT, history, clock, random.split());
      var streams = new EventStreams(hub, settings);
      streams.ownsHub = true;
      return streams;
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /**
   * The event streams of a web application. If it has none yet it gets some over a hub in memory,
   * with every default, which end with the last of its servlets of this package. The context
   * parameter {@code runnel.retain} says how much that keeps, such as {@code
   * orders/**=100000,64MB,24h; movement/*=1,-,1m}.
   *
   * @throws IllegalArgumentException if the parameter is not of that form
   */
  public static EventStreams of(ServletContext context) {
    return Shared.of(context);
  }

  /**
   * Makes these the event streams of a web application, in place of the default: in a {@code
   * ServletContextListener}, or before the servlets start. Whoever made them closes them.
   *
   * @throws IllegalStateException if it has others already
   */
  public void install(ServletContext context) {
    Shared.install(this, context);
  }

  /** Where events are published and subscribed to. */
  public Hub hub() {
    return hub;
  }

  /** The limits. */
  public EventStreamsSettings settings() {
    return settings;
  }

  // ---------------------------------------------------------------- opening

  /**
   * Answers a request with an event stream: of the topics asked for, and of what is sent to the
   * emitter. Container thread; the request is asynchronous when this returns, and the caller must
   * not touch the response any more. If there are too many streams the client is told when to come
   * back, and the emitter is closed from the beginning.
   *
   * @param onEnd told once why the stream has ended, or at once that it was refused; on a thread
   *     that others wait for, so it must not block
   * @throws IllegalStateException if the servlet or a filter before it does not support
   *     asynchronous requests; the message says how to allow it
   */
  public Emitter open(
      HttpServletRequest request,
      HttpServletResponse response,
      StreamRequest streamRequest,
      Consumer<? super StreamEnd> onEnd)
      throws IOException {
    StreamLane lane = admission.admit(request, response);
    if (lane == null) {
      onEnd.accept(StreamEnd.REFUSED);
      return ClosedEmitter.INSTANCE;
    }
    return begin(lane, request, response, streamRequest, onEnd);
  }

  /**
   * Answers a request with a stream that its client can resume: an answer that takes a while, say,
   * and must survive a cut. A client that comes back with its {@code Last-Event-ID} gets the rest
   * of the stream that it had, whatever else the request says; if that is not to be had any more, a
   * {@code runnel.gap} and a new one. Container thread, as {@link #open}.
   *
   * @param begins given a stream that is new, before this returns, to send to it from any thread;
   *     it goes on while its client is away, and is given up after {@link
   *     EventStreamsSettings#resumableFor()}
   * @throws IllegalStateException as {@link #open} does
   */
  public void openResumable(
      HttpServletRequest request,
      HttpServletResponse response,
      Consumer<? super PrivateStream> begins)
      throws IOException {
    StreamRequest asked = StreamRequest.of(request);
    StreamLane lane = admission.admit(request, response);
    if (lane == null) return;
    PrivateStreams.Found found = privateStreams.find(asked, owner(request));
    Runnable detach = privateStreams.attach(found.stream());
    begin(lane, request, response, found.request(asked), end -> detach.run());
    if (found.begins()) begins.accept(found.stream());
  }

  /** The streams that a client can resume, for code that answers with them in a way of its own. */
  public PrivateStreams privateStreams() {
    return privateStreams;
  }

  /**
   * For whom a private stream is that answers this request: the user, or the login session of
   * somebody who has not logged in, or whoever knows its key.
   */
  public static String owner(HttpServletRequest request) {
    return Login.of(request).owner();
  }

  /** Opens a stream for a source, and runs the source; false if there are too many streams. */
  boolean openFor(
      SourceTask source,
      HttpServletRequest request,
      HttpServletResponse response,
      StreamRequest streamRequest)
      throws IOException {
    StreamLane lane = admission.admit(request, response);
    if (lane == null) return false;
    source.start(begin(lane, request, response, streamRequest, source));
    return true;
  }

  /** Answers a request with what there is of the topics, or waits for the first event. */
  void poll(
      HttpServletRequest request,
      HttpServletResponse response,
      StreamRequest streamRequest,
      boolean waits)
      throws IOException {
    StreamLane lane = admission.admit(request, response);
    if (lane == null) return;
    admission
        .admitted(lane, () -> new Poll(this, lane, request, response, streamRequest, waits))
        .start();
  }

  /**
   * Answers a request, the handshake of which was checked, with a WebSocket. Who is one too many
   * gets one as well, to be told when to come back.
   */
  void upgrade(
      HttpServletRequest request, HttpServletResponse response, StreamRequest streamRequest)
      throws IOException {
    boolean isAdmitted = admission.tryAdmit();
    if (!isAdmitted) counters.refused.increment();
    StreamLane lane = admission.leastLoaded();
    if (isAdmitted) lane.load.incrementAndGet();
    var stream = new WebSocketStream(this, lane, request, streamRequest, isAdmitted);
    boolean upgraded = false;
    try {
      WebSocketHandshake.end(request, response, stream);
      upgraded = true;
    } finally {
      if (!upgraded && isAdmitted) admission.ended(lane);
    }
    stream.expect();
    if (isAdmitted) counters.opened.increment();
  }

  /** Gives the answer to a request when it is there, without holding a thread for it. */
  void answerLater(
      HttpServletRequest request, HttpServletResponse response, CompletableFuture<Answer> answer)
      throws IOException {
    Admission.requireAsyncSupport(request);
    var deferred = new DeferredAnswer(request, response, admission.leastLoaded(), () -> {});
    deferred.start();
    answer.thenAccept(deferred::answer);
  }

  private ClientStream begin(
      StreamLane lane,
      HttpServletRequest request,
      HttpServletResponse response,
      StreamRequest streamRequest,
      Consumer<? super StreamEnd> onEnd)
      throws IOException {
    ClientStream stream =
        admission.admitted(
            lane, () -> new ClientStream(this, lane, request, response, streamRequest, onEnd));
    counters.opened.increment();
    stream.start();
    return stream;
  }

  // ---------------------------------------------------------------- logging out

  /**
   * Ends the streams that were opened in a login session. A session that a container invalidates
   * ends them by itself within about a second, unless {@link
   * EventStreamsSettings#endsWithSession()} is false; this is for sessions that are kept elsewhere,
   * of which a container knows nothing.
   */
  public void endSession(String sessionId) {
    end(login -> login.isSession(sessionId));
  }

  /**
   * Ends the streams of a user, as what that user may see has changed: clients come back by
   * themselves, and are asked for their rights of today.
   *
   * @param name the name of the request's {@code Principal}
   */
  public void endUser(String name) {
    end(login -> login.isUser(name));
  }

  private void end(Predicate<Login> isMeant) {
    for (StreamLane lane : lanes) lane.execute(() -> lane.logOut(isMeant));
  }

  // ---------------------------------------------------------------- for its streams

  /** Whose stream it is, and the session that ends it. */
  Login login(HttpServletRequest request) {
    return Login.of(request, settings.endsWithSession());
  }

  SourceThreads sources() {
    return sources;
  }

  Executor closers() {
    return closers;
  }

  /** For the end of connections whose clients take nothing, in containers that wait for them. */
  Executor cutters() {
    return cutters;
  }

  /** For the pings of containers that wait until one is sent. */
  Executor pingers() {
    return pingers;
  }

  int heartbeatTicks() {
    return heartbeatTicks;
  }

  // ---------------------------------------------------------------- time and end

  private void keepTicking() {
    var ticks = new ArrayList<RecurringTask>();
    ticks.add(recurring("the hub's clock", hub::tick));
    ticks.add(recurring("private streams", privateStreams::tick));
    for (StreamLane lane : lanes) {
      RecurringTask tick = recurring("event streams", lane::tick);
      ticks.add(recurring("a lane", () -> lane.execute(tick)));
    }
    timer.scheduleWithFixedDelay(() -> ticks.forEach(RecurringTask::run), 1, 1, TimeUnit.SECONDS);
  }

  private static RecurringTask recurring(String what, Runnable tick) {
    return new RecurringTask(tick, failure -> log.log(ERROR, what + " missed a tick", failure));
  }

  /** What was counted so far. */
  public EventStreamsStatistics statistics() {
    return new EventStreamsStatistics(
        counters.open.get(),
        counters.opened.sum(),
        counters.refused.sum(),
        counters.slow.sum(),
        counters.loggedOut.sum(),
        counters.failed.sum(),
        sources.running(),
        counters.sourcesFailed.sum(),
        counters.sourcesAbandoned.sum(),
        counters.gateTimeouts.sum());
  }

  /**
   * Takes no new streams and ends those that are open, spread over the time given, each with a time
   * to come back. Returns at once.
   */
  public void drain(Duration over) {
    admission.close();
    for (StreamLane lane : lanes) lane.execute(() -> lane.drain(over));
  }

  /** Ends every stream now, and the threads. A hub that was given is left open. */
  @Override
  public void close() {
    admission.close();
    timer.shutdownNow();
    for (StreamLane lane : lanes) lane.stop();
    closers.shutdown();
    pingers.shutdownNow();
    cutters.shutdownNow();
    if (ownsHub) hub.close();
  }

  /** Threads that may have to wait for others, and end when there is nothing to do. */
  private static ThreadPoolExecutor waiters(String name) {
    var queue = new LinkedBlockingQueue<Runnable>();
    var waiters =
        new ThreadPoolExecutor(WAITERS, WAITERS, 10, TimeUnit.SECONDS, queue, daemons(name));
    waiters.allowCoreThreadTimeOut(true);
    return waiters;
  }

  private static ThreadFactory daemons(String name) {
    var number = new AtomicInteger();
    return task -> {
      var thread = new Thread(task, name + number.getAndIncrement());
      thread.setDaemon(true);
      return thread;
    };
  }
}
