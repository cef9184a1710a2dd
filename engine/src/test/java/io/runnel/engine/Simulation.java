package io.runnel.engine;

import static io.runnel.engine.BrokenPromise.unless;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;

import io.runnel.engine.PublishedEvents.Entry;
import io.runnel.engine.SimulatedClient.Connection;
import io.runnel.engine.SimulatedClient.Pace;
import io.runnel.eventstream.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A hub with its publishers, lanes, clients and history in one thread, in virtual time, all by the
 * dice of one seed: the same seed, the same run, to the bit.
 */
final class Simulation {
  private static final List<List<TopicPattern>> PATTERNS =
      List.of(
          patterns("a"),
          patterns("b"),
          patterns("c/1"),
          patterns("c/2"),
          patterns("a", "b"),
          patterns("c/1", "a", "b", "d"),
          patterns("d"),
          patterns("*"),
          patterns("c/*"),
          patterns("c/**"),
          patterns("**"),
          patterns("a", "c/*"),
          patterns("c/2", "c/**"),
          patterns("m/*"));

  private final Trace trace;
  private final PlantedBug bug;
  private final SplittableRandom random;
  private final List<Topic> topics;
  private final PublishedEvents model;
  private final SimulatedHistory history;
  private final TopicRules<SlowConsumerPolicy> policies;
  private final HubSettings settings;
  private final Hub hub;
  private final List<SimulatedLane> lanes = new ArrayList<>();
  private final List<SimulatedClient> clients = new ArrayList<>();
  private final int failPercent;
  private final int idPercent;
  private final int differentIds;
  private final int eventBytes;
  private final SplittableRandom clockSteps;

  /** How long the run has lasted, and what the clock shows, which somebody sets now and then. */
  private long seconds;

  private long millis = 1_000_000_000_000L;
  private long latestMillis = millis;
  private boolean isDraining;
  private boolean isPublishing = true;
  private boolean isConnecting;
  private @Nullable BrokenPromise broken;

  /** Runs a seed to its end; throws {@link BrokenPromise} if something is not as promised. */
  static void run(long seed, PlantedBug bug, Trace trace) {
    new Simulation(seed, bug, trace).run();
  }

  private Simulation(long seed, PlantedBug bug, Trace trace) {
    this.trace = trace;
    this.bug = bug;
    random = new SplittableRandom(seed);
    clockSteps = new SplittableRandom(~seed); // Dice of its own: planted bugs are found without.
    topics = topics(oneIn(5) ? 20 : 2);
    model = new PublishedEvents(topics);
    policies =
        TopicRules.always(somePolicy())
            .and(new TopicPattern("a"), somePolicy())
            .and(new TopicPattern("c/**"), somePolicy());
    failPercent = oneIn(4) ? 5 : 0;
    idPercent = one(0, 0, 50, 100);
    differentIds = one(2, 4, 1000);
    eventBytes = oneIn(20) ? 20_000 : one(1, 30);
    settings = settings();
    InstantSource clock = () -> Instant.ofEpochMilli(millis);
    var real =
        new MemoryHistory(
            retention(), oneIn(4) ? 40L * (eventBytes + 30) : 1 << 30, clock, random.split());
    history =
        new SimulatedHistory(
            real,
            model,
            random.split(),
            trace,
            bug,
            settings.windowEvents(),
            one(0, 10, 50),
            failPercent);
    try {
      hub = new Hub(settings, history, clock, random.split());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int laneCount = 1 + random.nextInt(3);
    for (int i = 0; i < laneCount; i++) {
      lanes.add(new SimulatedLane(i, hub, random.split(), bug));
    }
    int clientCount = 1 + random.nextInt(7);
    for (int i = 0; i < clientCount; i++) {
      clients.add(new SimulatedClient(i, this, random.split(), trace));
    }
  }

  private static List<Topic> topics(int many) {
    var topics = new ArrayList<Topic>();
    for (String name : List.of("a", "b", "c", "c/1", "c/2", "c/2/x", "d")) {
      topics.add(new Topic(name));
    }
    for (int i = 0; i < many; i++) topics.add(new Topic("m/" + i));
    return topics;
  }

  private static List<TopicPattern> patterns(String... texts) {
    return List.of(texts).stream().map(TopicPattern::new).toList();
  }

  private HubSettings settings() {
    return new HubSettings(
        policies,
        Duration.ofSeconds(15),
        Duration.ofSeconds(2),
        Duration.ofSeconds(one(5, 60)),
        1000,
        256,
        1 << 20,
        one(2, 4, 16, 1024),
        oneIn(4) ? 5L * (eventBytes + 30) : 64 << 20);
  }

  private TopicRules<Retention> retention() {
    TopicRules<Retention> rules = TopicRules.always(someRetention());
    return rules
        .and(new TopicPattern("a"), someRetention())
        .and(new TopicPattern("c/**"), someRetention());
  }

  private Retention someRetention() {
    return new Retention(
        one(1, 2, 5, 20, 1000),
        one(1, 10, 1_000_000) * (eventBytes + 30L),
        Duration.ofSeconds(one(2, 20, 3600)));
  }

  private SlowConsumerPolicy somePolicy() {
    return SlowConsumerPolicy.values()[random.nextInt(3)];
  }

  private boolean oneIn(int n) {
    return random.nextInt(n) == 0;
  }

  private int one(int... of) {
    return of[random.nextInt(of.length)];
  }

  // ---------------------------------------------------------------- the run

  private void run() {
    int steps = eventBytes > 1000 ? 60 : 40 + random.nextInt(200);
    int publishing = one(20, 40, 60);
    int running = one(10, 40, 80);
    for (int i = 0; i < steps; i++) step(publishing, running);
    comeToRest();
    everybodyResumes();
    comeToRest();
    stalledConnectionsEnd();
    isPublishing = false;
    if (bug == PlantedBug.NONE) everythingIsForgotten();
    drain();
    see();
    hub.close();
  }

  private void step(int publishing, int running) {
    int dice = random.nextInt(publishing + running + 61);
    if (dice < publishing) publishSome();
    else if (dice < publishing + running) someLane().runOne();
    else if (dice < publishing + running + 20) history.doOneLate();
    else if (dice < publishing + running + 40) someClient();
    else if (dice < publishing + running + 50) drainSome();
    else if (dice < publishing + running + 57) tick(1);
    else if (dice < publishing + running + 58) tick(one(5, 16, 30));
    else if (dice < publishing + running + 59) complete();
    else if (dice < publishing + running + 60) mayReplaceLane();
    else runLanes();
  }

  private void publishSome() {
    int count = oneIn(20) ? random.nextInt(30) : 1;
    int topic = random.nextInt(topics.size());
    for (int i = 0; i < count; i++) {
      if (oneIn(2)) topic = random.nextInt(topics.size());
      publish(topic);
    }
  }

  private void publish(int topic) {
    String id = random.nextInt(100) < idPercent ? "id " + random.nextInt(differentIds) : null;
    String type = oneIn(2) ? "placed" : Event.MESSAGE;
    int padding = oneIn(4) ? eventBytes : random.nextInt(eventBytes);
    Event event = new Event(type, "n" + model.nextNumber() + ";" + ".".repeat(padding), id);
    Entry entry = model.publish(topic, event);
    trace.add("publish", entry.number, topics.get(topic), id);
    history.publishing(entry);
    hub.publish(topics.get(topic), event)
        .whenComplete((receipt, failure) -> answered(entry, receipt, failure));
  }

  private void complete() {
    int topic = random.nextInt(topics.size());
    Entry entry = model.publish(topic, null);
    trace.add("complete", entry.number, topics.get(topic));
    history.publishing(entry);
    hub.complete(topics.get(topic))
        .whenComplete((receipt, failure) -> answered(entry, receipt, failure));
  }

  private void answered(Entry entry, @Nullable Receipt receipt, @Nullable Throwable failure) {
    try {
      if (receipt != null) model.acknowledged(entry, receipt);
      else model.refused(entry, requireNonNull(failure));
    } catch (BrokenPromise e) {
      broken = e; // A future would swallow it.
    }
  }

  private void someClient() {
    SimulatedClient client = clients.get(random.nextInt(clients.size()));
    Connection connection = client.connection();
    if (connection == null) connect(client);
    else if (oneIn(3)) connection.leave();
  }

  private void connect(SimulatedClient client) {
    boolean resumes = client.hasCursor() && !oneIn(6);
    if (!resumes || oneIn(10)) client.chooseTopics();
    if (!client.hasTopics()) client.chooseTopics();
    Pace pace = oneIn(12) ? Pace.STALLED : oneIn(2) ? Pace.SLOW : Pace.FAST;
    connect(client, resumes, pace);
  }

  private void connect(SimulatedClient client, boolean resumes, Pace pace) {
    isConnecting = true;
    client.connect(someLane(), resumes, pace);
    isConnecting = false;
  }

  private void drainSome() {
    for (SimulatedClient client : clients) {
      Connection connection = client.connection();
      if (connection == null || !connection.isHeldUp()) continue;
      if (connection.pace() != Pace.STALLED && oneIn(2)) connection.drain(oneIn(2));
    }
  }

  /** Seconds go by; the lanes hear of each, and may or may not have the time to act on it. */
  private void tick(int seconds) {
    boolean lanesRun = oneIn(2);
    for (int i = 0; i < seconds; i++) {
      this.seconds++;
      millis += 1000;
      if (isPublishing && bug == PlantedBug.NONE && clockSteps.nextInt(20) == 0) setClock();
      latestMillis = Math.max(latestMillis, millis);
      trace.add("tick", millis);
      hub.tick();
      if (lanesRun) runLanes();
    }
  }

  /** Back or forward: retention by age goes by it, and nothing else. */
  private void setClock() {
    long most = TimeUnit.SECONDS.toMillis(1L << clockSteps.nextInt(18)); // A day and a half.
    millis += clockSteps.nextLong(-most, most + 1);
    trace.saw("clock set");
  }

  private void mayReplaceLane() {
    if (!oneIn(4)) return;
    SimulatedLane lane = someLane();
    trace.add("replace lane", lane.number);
    trace.saw("lane replaced");
    isDraining = true;
    lane.replace(hub);
    isDraining = false;
  }

  private SimulatedLane someLane() {
    return lanes.get(random.nextInt(lanes.size()));
  }

  private void runLanes() {
    boolean ran = true;
    while (ran) {
      ran = false;
      for (SimulatedLane lane : lanes) ran |= lane.runOne();
    }
    if (broken != null) throw broken;
  }

  // ---------------------------------------------------------------- the end

  /** Everything that can go on goes on until nothing is left to do, with no help of the clock. */
  private void comeToRest() {
    trace.add("come to rest");
    boolean goesOn = true;
    while (goesOn) {
      runLanes();
      goesOn = history.doOneLate();
      for (SimulatedClient client : clients) {
        Connection connection = client.connection();
        if (connection == null || connection.pace() == Pace.STALLED) continue;
        connection.pace(Pace.FAST);
        if (!connection.isHeldUp()) continue;
        connection.drain(true);
        goesOn = true;
      }
    }
    for (SimulatedClient client : clients) {
      Connection connection = client.connection();
      if (connection == null || connection.isHeldUp()) continue;
      try {
        connection.checker().atRest();
        unless(!connection.checker().shouldHaveEnded(), "complete, but not ended");
      } catch (BrokenPromise e) {
        throw new BrokenPromise("client " + client.number + " at rest: " + e.getMessage());
      }
    }
    model.checkEverythingIsAnswered();
  }

  private void everybodyResumes() {
    trace.add("everybody resumes");
    for (SimulatedClient client : clients) {
      Connection connection = client.connection();
      if (connection != null) connection.leave();
      if (client.hasCursor()) connect(client, true, Pace.FAST);
      else connect(client);
    }
  }

  private void stalledConnectionsEnd() {
    for (long i = 0; i <= settings.writeTimeout().toSeconds(); i++) tick(1);
    runLanes();
    for (SimulatedClient client : clients) {
      Connection connection = client.connection();
      unless(connection == null || !connection.isHeldUp(), "held up for ever");
    }
  }

  private void see() {
    HubStatistics statistics = hub.statistics();
    if (statistics.lanesBehind() > 0) trace.saw("lane fell behind");
    if (statistics.heartbeats() > 0) trace.saw("heartbeat");
    if (statistics.writes() < statistics.deliveries()) trace.saw("joined");
  }

  private void drain() {
    trace.add("drain");
    isDraining = true;
    long topics = hub.statistics().topics();
    if (topics < this.topics.size()) trace.saw("forgotten topics");
    hub.drain(Duration.ofSeconds(3));
    for (int i = 0; i < 5; i++) tick(1);
    runLanes();
    for (SimulatedClient client : clients) {
      unless(client.connection() == null, "client %d survives the drain", client.number);
    }
    unless(hub.statistics().subscriptions() == 0, "%s", hub.statistics());
  }

  /** When all is too old, only who asks for a topic by its name keeps it known. */
  private void everythingIsForgotten() {
    trace.add("everything is forgotten");
    for (SimulatedClient client : clients) {
      Connection connection = client.connection();
      if (connection != null) connection.leave();
      client.askFor(PATTERNS.get(random.nextInt(PATTERNS.size())));
      connect(client, false, Pace.FAST);
    }
    comeToRest();
    Set<String> named = topicsNamed();
    millis = latestMillis + Duration.ofHours(2).toMillis();
    for (int i = 0; i < 33; i++) {
      tick(1);
      runLanes();
    }
    int known = hub.statistics().topics();
    unless(known <= named.size(), "%d topics are known, only %s are asked for", known, named);
    unless(known >= topicsNamed().size(), "%d topics are known, but %s asked for", known, named);
    comeToRest();
  }

  private Set<String> topicsNamed() {
    Set<String> named = new TreeSet<>();
    for (SimulatedClient client : clients) {
      if (client.connection() != null) named.addAll(client.topicsNamed());
    }
    return named;
  }

  // ---------------------------------------------------------------- for clients

  /**
   * What is published on the lane's own thread, in the middle of its turn, is not lost either; but
   * not while somebody connects, whose beginning the checker has noted already.
   */
  void publishWhileWriting() {
    if (isPublishing && !isConnecting) publish(random.nextInt(topics.size()));
  }

  PublishedEvents model() {
    return model;
  }

  PlantedBug bug() {
    return bug;
  }

  TopicRules<SlowConsumerPolicy> policies() {
    return policies;
  }

  boolean isDraining() {
    return isDraining;
  }

  boolean mayFail() {
    return failPercent > 0;
  }

  long seconds() {
    return seconds;
  }

  long writeTimeoutSeconds() {
    return settings.writeTimeout().toSeconds();
  }

  List<TopicPattern> somePatterns() {
    return PATTERNS.get(random.nextInt(PATTERNS.size()));
  }

  /** Segment by segment, and not by the engine's own rule. */
  boolean[] topicsMeantBy(List<TopicPattern> patterns) {
    boolean[] meant = new boolean[topics.size()];
    for (int i = 0; i < meant.length; i++) {
      List<String> name = List.of(topics.get(i).name().split("/"));
      meant[i] = patterns.stream().anyMatch(pattern -> means(pattern, name));
    }
    return meant;
  }

  static boolean means(TopicPattern pattern, List<String> name) {
    List<String> segments = List.of(pattern.text().split("/"));
    int last = segments.size() - 1;
    boolean isOpen = segments.get(last).equals("**");
    if (isOpen ? name.size() < last : name.size() != segments.size()) return false;
    return IntStream.range(0, isOpen ? last : last + 1)
        .allMatch(i -> segments.get(i).equals("*") || segments.get(i).equals(name.get(i)));
  }

  long offsetOf(Event event) {
    String data = event.data();
    return model.numbered(Integer.parseInt(data.substring(1, data.indexOf(';')))).offset;
  }

  // ---------------------------------------------------------------- bugs between lane and sink

  /** In the first lane, the last two events of a batch change places. */
  byte[] swapLastTwoBlocks(boolean isFirstLane, byte[] bytes) {
    if (!isFirstLane) return bytes;
    String text = new String(bytes, ISO_8859_1);
    int last = text.lastIndexOf("\n\n", text.length() - 3);
    int before = last < 0 ? -1 : text.lastIndexOf("\n\n", last - 1);
    if (before < 0) return bytes;
    return (text.substring(0, before + 2)
            + text.substring(last + 2)
            + text.substring(before + 2, last + 2))
        .getBytes(ISO_8859_1);
  }

  static byte[] withoutGaps(byte[] bytes) {
    return new String(bytes, ISO_8859_1)
        .replaceAll("event: runnel.gap\ndata: .*\n\n", "")
        .getBytes(ISO_8859_1);
  }
}
