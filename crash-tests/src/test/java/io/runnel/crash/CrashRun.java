package io.runnel.crash;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;

/**
 * Kills a hub again and again while it is published to and subscribed to, and has everything
 * checked that its publishers and subscribers saw.
 */
final class CrashRun implements AutoCloseable {
  static final int TOPICS = 4;
  private static final int SUBSCRIBERS = 20;
  private static final int PUBLISHERS = 16;
  private static final String[] KEEPS_ALL = {
    "--retain", "churn=200,1MiB,1h",
    "--retain", "**=1000000000,1024GiB,240h",
    "--history-max-bytes", "1024GiB",
    "--reconnection-time", "50ms",
    "--window-events", "4096",
    "--drain", "1s"
  };

  /** When the hub is killed. */
  enum Moment {
    STARTING("while it starts"),
    BEFORE_THE_FIRST_PUBLISH("before the first publish"),
    AT_THE_FIRST_ANSWER("at the first answer"),
    AT_RANDOM("at random"),
    UNDER_LOAD("under load"),
    IN_MAINTENANCE("in maintenance"),
    IN_A_CHECKPOINT("in a checkpoint"),
    WHILE_STOPPING("while it stops");

    final String words;

    Moment(String words) {
      this.words = words;
    }
  }

  private final int kills;
  private final double eventsPerSecond;
  private final Path data;
  private final SplittableRandom random;
  private final HubProcess.Builder hubs;
  private final boolean isPlanted;
  private final Wire wire;
  private final Ledger ledger = new Ledger(PUBLISHERS);
  private final Gate gate = new Gate();
  private final List<Publisher> publishers = new ArrayList<>();
  private final List<Subscriber> subscribers = new ArrayList<>();
  private final Map<Moment, Integer> moments = new EnumMap<>(Moment.class);
  private HubProcess hub;
  private int backBeforeTheFirstPublish;
  private final long deadline;

  /** What came of it. */
  record Result(String report, Verdict history, Verdict subscribers, long acknowledged, int kills) {
    boolean isClean() {
      return history.isClean() && subscribers.isClean();
    }
  }

  /**
   * Prepares a run.
   *
   * @param certificates of TLS, see {@link Wire#tls}; null for plain sockets
   * @param main the program that is run and killed; null for the real hub
   */
  CrashRun(
      Path data,
      int kills,
      double eventsPerSecond,
      int seconds,
      long seed,
      Path certificates,
      Class<?> main,
      String fault)
      throws IOException {
    this.kills = kills;
    this.eventsPerSecond = eventsPerSecond;
    this.data = data;
    random = new SplittableRandom(seed);
    deadline = System.nanoTime() + SECONDS.toNanos(seconds);
    int port = HubProcess.ownPort();
    wire = certificates == null ? Wire.plain(port) : Wire.tls(port, certificates);
    hubs = new HubProcess.Builder(port, data).with(KEEPS_ALL);
    hubs.with(wire.flags().toArray(String[]::new));
    isPlanted = main != null;
    if (isPlanted) hubs.main(main).jvm("-Dfault=" + fault);
  }

  Result run() throws IOException, InterruptedException {
    long begin = System.nanoTime();
    begin();
    int done = 0;
    while (done < kills && System.nanoTime() < deadline) {
      cycle(moment(done));
      done++;
    }
    Seen history = lastReading();
    double seconds = (System.nanoTime() - begin) / 1e9;
    return result(new Checker(ledger, history), done, seconds);
  }

  // ---------------------------------------------------------------- who takes part

  private void begin() {
    for (int i = 0; i < SUBSCRIBERS; i++) subscribers.add(subscriber(i));
    for (int i = 0; i < PUBLISHERS; i++) {
      boolean isBatch = i % 2 == 1;
      publishers.add(
          new Publisher(
              i,
              wire,
              "crash/" + i % TOPICS,
              isBatch ? 20 : 1,
              isBatch ? 2 : 16,
              i % 4 >= 2,
              eventsPerSecond / PUBLISHERS,
              ledger,
              gate));
    }
    // Retention has work all the time, where nobody looks.
    publishers.add(
        new Publisher(0, wire, "churn", 20, 1, false, eventsPerSecond / 10, new Ledger(1), gate));
    publishers.forEach(Thread::start);
  }

  /** The last one is foreign; every fifth asks for one topic only. */
  private Subscriber subscriber(int number) {
    URI uri =
        wire.uri(
            "/events/crash/" + (isOfOneTopic(number) ? topicOf(number) : "**") + "?from=oldest");
    if (number == SUBSCRIBERS - 1) return new Subscriber.Foreign(uri);
    if (number % 4 == 3) return new Subscriber.Client(number, uri);
    return new Subscriber.Plain(number, uri, number % 6 == 2 ? 2 : 0);
  }

  private static boolean isOfOneTopic(int number) {
    return number % 5 == 1;
  }

  private static int topicOf(int number) {
    return number / 5 % TOPICS;
  }

  private static IntPredicate askedBy(int number) {
    if (!isOfOneTopic(number)) return payload -> true;
    return payload -> Payload.publisher(payload) % TOPICS == topicOf(number);
  }

  // ---------------------------------------------------------------- one life of the hub

  private Moment moment(int kill) {
    // A fault needs a life that is long enough for it to show.
    if (isPlanted) return Moment.UNDER_LOAD;
    // Each comes up in a short run, too; half of the lives end at random.
    Moment[] all = Moment.values();
    return kill % 2 == 0 ? Moment.AT_RANDOM : all[kill / 2 % all.length];
  }

  private void cycle(Moment moment) throws IOException, InterruptedException {
    int[] before = connections();
    hub = hubs.start();
    if (moment == Moment.STARTING) {
      MILLISECONDS.sleep(random.nextInt(100, 900));
      kill(moment);
      return;
    }
    hub.awaitReady();
    boolean subscribersFirst = moment == Moment.BEFORE_THE_FIRST_PUBLISH || random.nextInt(2) == 0;
    if (subscribersFirst && await(() -> areAllBack(before), 10)) backBeforeTheFirstPublish++;
    if (moment != Moment.BEFORE_THE_FIRST_PUBLISH) {
      long acknowledged = ledger.acknowledged();
      gate.open();
      awaitMoment(moment, acknowledged);
    }
    kill(moment);
  }

  private void awaitMoment(Moment moment, long acknowledged)
      throws IOException, InterruptedException {
    switch (moment) {
      case AT_THE_FIRST_ANSWER -> await(() -> ledger.acknowledged() > acknowledged, 10);
      case UNDER_LOAD -> {
        await(() -> ledger.acknowledged() > acknowledged + 1000, 10);
        MILLISECONDS.sleep(random.nextInt(200));
      }
      case IN_A_CHECKPOINT -> {
        var size = modified();
        await(() -> !modified().equals(size), 3);
      }
      // Maintenance goes once a second from the start.
      case IN_MAINTENANCE -> MILLISECONDS.sleep(random.nextInt(850, 1150));
      case WHILE_STOPPING -> {
        MILLISECONDS.sleep(random.nextInt(500));
        hub.terminate();
        MILLISECONDS.sleep(random.nextInt(1500));
      }
      default -> MILLISECONDS.sleep(random.nextInt(2000));
    }
  }

  /** The database's own file is written by checkpoints only. */
  private String modified() {
    try {
      return Files.getLastModifiedTime(data.resolve("events.db")).toString();
    } catch (NoSuchFileException e) {
      return "";
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void kill(Moment moment) {
    hub.kill();
    gate.close();
    moments.merge(moment, 1, Integer::sum);
  }

  private int[] connections() {
    return subscribers.stream().mapToInt(each -> each.seen.connections.get()).toArray();
  }

  private boolean areAllBack(int[] before) {
    int[] now = connections();
    for (int i = 0; i < now.length; i++) {
      if (now[i] == before[i]) return false;
    }
    return true;
  }

  private static boolean await(BooleanSupplier condition, int seconds) throws InterruptedException {
    long end = System.nanoTime() + SECONDS.toNanos(seconds);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) return false;
      MILLISECONDS.sleep(1);
    }
    return true;
  }

  // ---------------------------------------------------------------- the end

  /** Lets everybody come to rest, and reads all that there is. */
  private Seen lastReading() throws IOException, InterruptedException {
    hub = hubs.start();
    hub.awaitReady();
    // Who retries does so now, and everybody publishes a little more.
    gate.open();
    SECONDS.sleep(1);
    gate.end();
    for (Publisher publisher : publishers) publisher.join(30_000);
    URI uri = wire.uri("/events/crash/**?from=oldest");
    try (var reader = new Subscriber.Plain(-1, uri, 0)) {
      awaitRest(reader);
      for (Subscriber subscriber : subscribers) subscriber.close();
      return reader.seen;
    }
  }

  /**
   * Until nothing more has come to anybody for a second. That is no sign of an end while somebody
   * has not got all that is there: on a busy machine it may only be late.
   */
  private void awaitRest(Subscriber reader) throws InterruptedException {
    long before = -1;
    for (int quiet = 0, waited = 0; waited < 1200; waited++) {
      MILLISECONDS.sleep(50);
      long now = reader.seen.size();
      for (Subscriber subscriber : subscribers) now += subscriber.seen.size();
      quiet = now == before && reader.seen.size() > 0 ? quiet + 1 : 0;
      before = now;
      // Where a fault is planted, all never comes.
      if (quiet >= (isPlanted || haveAll(reader.seen) ? 20 : 200)) return;
    }
  }

  private boolean haveAll(Seen history) {
    if (history.size() < ledger.acknowledged()) return false;
    for (int i = 0; i < subscribers.size(); i++) {
      if (subscribers.get(i).seen.lastOffset() < lastOffset(history, askedBy(i))) return false;
    }
    return true;
  }

  private static long lastOffset(Seen history, IntPredicate asked) {
    int index = history.size() - 1;
    while (index >= 0 && !asked.test(history.payload(index))) index--;
    return index < 0 ? 0 : history.offset(index);
  }

  private Result result(Checker checker, int done, double seconds) {
    var report = new StringBuilder();
    line(report, "%d kills of the hub in %.0f s", done, seconds);
    moments.forEach((moment, count) -> line(report, "  %-28s %d", moment.words, count));
    line(
        report,
        "every subscriber back before the first publish: %d times",
        backBeforeTheFirstPublish);
    long sent = 0;
    for (int i = 0; i < PUBLISHERS; i++) sent += ledger.sent(i);
    line(
        report,
        "%,d events sent, %,d acknowledged; of the %,d others %,d are kept",
        sent,
        ledger.acknowledged(),
        sent - ledger.acknowledged(),
        checker.keptUnknown());
    for (int i = 0; i < PUBLISHERS; i++) {
      if (!ledger.mistake(i).isEmpty()) line(report, "publisher %d: %s", i, ledger.mistake(i));
    }
    line(report, "%s", "  " + Verdict.header());
    line(report, "  %s", checker.ofHistory().row("the history itself"));
    var sum = new Verdict(0, 0, 0, 0, 0, 0, 0, 0);
    for (int i = 0; i < subscribers.size(); i++) {
      Seen seen = subscribers.get(i).seen;
      Verdict verdict = checker.of(seen, askedBy(i));
      sum = sum.and(verdict);
      String name = seen.subscriber + (isOfOneTopic(i) ? ", one topic" : "");
      line(report, "  %s", verdict.row(name));
      for (String gap : seen.gaps()) line(report, "    gap: %s", gap);
      for (String strange : seen.strange()) line(report, "    strange: %s", strange);
    }
    return new Result(report.toString(), checker.ofHistory(), sum, ledger.acknowledged(), done);
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(format, values)).append(System.lineSeparator());
  }

  @Override
  public void close() {
    gate.end();
    subscribers.forEach(Subscriber::close);
    if (hub != null) hub.close();
  }
}
