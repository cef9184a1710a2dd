package io.runnel.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.History;
import io.runnel.engine.Hub;
import io.runnel.engine.Retention;
import io.runnel.engine.TopicRules;
import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamHandler;
import io.runnel.eventstream.EventStreamParser;
import io.runnel.history.sqlite.SqliteHistoryProvider;
import io.runnel.hub.ConfigKey;
import io.runnel.hub.HubConfig;
import io.runnel.hub.HubServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * 64 publishers, quick and slow readers that leave and resume at any place, retention that takes
 * away what the slow ones have not had, restarts: every hole that a reader sees has one gap event,
 * and every gap event a hole.
 */
@Tag("slow")
class SeamTest {
  private static final int PUBLISHERS = 64;
  private static final int TOPICS = 3;
  private static final int READERS = 24;
  private static final int KEPT = 600;
  private static final int ROUNDS = Integer.getInteger("crash.rounds", 3);
  private static final int ROUND_MILLIS = 1200;
  private static final long SEED = Long.getLong("crash.seed", System.nanoTime());
  private static final Pattern MISSED = Pattern.compile("\"missed\":([0-9]+|null)");

  @TempDir Path data;

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final Gate gate = new Gate();
  private final Ledger ledger = new Ledger(PUBLISHERS);
  private int port;

  @Test
  void everyHoleHasOneGapAndEveryGapAHole() throws Exception {
    port = HubProcess.ownPort();
    var publishers = new ArrayList<Publisher>();
    for (int p = 0; p < PUBLISHERS; p++) {
      publishers.add(
          new Publisher(
              p, Wire.plain(port), topic(p), p % 3 == 0 ? 5 : 1, 2, p % 2 == 0, 60, ledger, gate));
    }
    publishers.forEach(Thread::start);
    var readers = new ArrayList<Reader>();
    for (int r = 0; r < READERS; r++) readers.add(new Reader(r));
    readers.forEach(Thread::start);
    for (int round = 0; round < ROUNDS; round++) {
      try (var life = new Life()) {
        gate.open();
        Thread.sleep(ROUND_MILLIS);
        if (round < ROUNDS - 1) continue;
        gate.end();
        for (Publisher publisher : publishers) publisher.join();
        // Everybody comes to the end of what there is.
        for (Reader reader : readers) reader.finish();
        for (Reader reader : readers) reader.join();
        assertThat(life.hub.statistics().gaps()).as("gaps in the last life").isPositive();
      } finally {
        gate.close();
      }
    }
    check(readers);
  }

  private static String topic(int publisher) {
    return "t" + publisher % TOPICS;
  }

  /** The hub in this process, from a start to a stop. */
  private final class Life implements AutoCloseable {
    final Hub hub;
    private final HubServer server;

    Life() throws IOException {
      var clock = InstantSource.system();
      var retention = new Retention(KEPT, 1L << 40, Duration.ofDays(1));
      History history =
          new SqliteHistoryProvider()
              .open(data, TopicRules.always(retention), 1L << 40, clock, random.split());
      HubConfig config =
          HubConfig.DEFAULT
              .with(ConfigKey.PORT, port)
              .with(ConfigKey.WINDOW_EVENTS, 64)
              .with(ConfigKey.HEARTBEAT, Duration.ofSeconds(1))
              .with(ConfigKey.RECONNECTION_TIME, Duration.ofMillis(50));
      hub = new Hub(config.engineSettings(), history, clock, random.split());
      server = HubServer.start(config, hub, List.of());
    }

    @Override
    public void close() {
      server.close();
      hub.close();
    }
  }

  // ---------------------------------------------------------------- a reader

  /** Reads one topic, now quickly and now not at all; leaves, and resumes where it stands. */
  private final class Reader extends Thread {
    final String topic;

    /** For each event its offset, for each gap minus what it says is missing (or -1e9). */
    final List<Long> read = new ArrayList<>();

    private final SplittableRandom dice = random.split();
    private String lastEventId = "";

    /** Where it stood when it had seen nothing yet. */
    private long start = -1;

    private volatile boolean finishes;

    Reader(int number) {
      super("reader-" + number);
      topic = SeamTest.topic(number);
      setDaemon(true);
    }

    void finish() {
      finishes = true;
    }

    @Override
    public void run() {
      while (true) {
        try {
          if (connect()) return;
        } catch (IOException e) {
          // Between two lives.
        }
        sleep(dice.nextInt(finishes ? 20 : 600));
      }
    }

    /** True if it had everything that there is. */
    private boolean connect() throws IOException {
      boolean polls = finishes;
      String query = polls ? "&transport=poll" : "";
      URI uri =
          URI.create("http://127.0.0.1:" + port + "/events/" + topic + "?from=oldest" + query);
      var connection = (HttpURLConnection) uri.toURL().openConnection();
      connection.setReadTimeout(30_000);
      if (!lastEventId.isEmpty()) connection.setRequestProperty("Last-Event-ID", lastEventId);
      int before = read.size();
      try (InputStream in = connection.getInputStream()) {
        var parser = new EventStreamParser(new Handler());
        byte[] bytes = new byte[4096];
        long leaves = System.nanoTime() + dice.nextInt(50, 900) * 1_000_000L;
        for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
          parser.feed(bytes, 0, n);
          if (polls) continue;
          if (finishes || System.nanoTime() > leaves) break;
          if (dice.nextInt(40) == 0) sleep(dice.nextInt(400));
        }
      } finally {
        connection.disconnect();
      }
      return polls && read.size() == before;
    }

    private static void sleep(int millis) {
      try {
        Thread.sleep(millis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private final class Handler implements EventStreamHandler {
      @Override
      public void event(Event event) {
        if (event.type().equals("runnel.gap")) {
          Matcher missed = MISSED.matcher(event.data());
          assertThat(missed.find()).isTrue();
          boolean isKnown = !missed.group(1).equals("null");
          read.add(isKnown ? -Long.parseLong(missed.group(1)) : UNKNOWN);
        } else if (event.type().equals("runnel.open")) {
          if (start < 0) start = offset(event);
        } else if (!event.type().startsWith("runnel.")) {
          read.add(offset(event));
        }
      }

      private static long offset(Event event) {
        String id = String.valueOf(event.id());
        return Long.parseLong(id.substring(id.indexOf('-') + 1));
      }

      @Override
      public void lastEventId(String id) {
        lastEventId = id;
      }
    }
  }

  private static final long UNKNOWN = Long.MIN_VALUE;

  // ---------------------------------------------------------------- what they saw

  private void check(List<Reader> readers) {
    var all = new TreeMap<String, TreeSet<Long>>();
    for (Reader reader : readers) {
      TreeSet<Long> offsets = all.computeIfAbsent(reader.topic, topic -> new TreeSet<>());
      reader.read.stream().filter(offset -> offset > 0).forEach(offsets::add);
    }
    long acknowledged = 0;
    for (int p = 0; p < PUBLISHERS; p++) {
      assertThat(ledger.mistake(p)).isEmpty();
      for (int s = 0; s < ledger.sent(p); s++) {
        long offset = ledger.offset(Payload.of(p, s));
        if (offset == 0) continue;
        acknowledged++;
        all.get(topic(p)).add(offset);
      }
    }
    long gaps = 0;
    long missing = 0;
    for (Reader reader : readers) {
      long[] holes = holes(reader, all.get(reader.topic));
      gaps += holes[0];
      missing += holes[1];
    }
    Reports.say(
        "seed %d: %,d events of 64 publishers, %d lives, %d readers: %,d holes with %,d events in"
            + " them, each with its gap event",
        SEED, acknowledged, ROUNDS, READERS, gaps, missing);
    assertThat(gaps).as("there was something to see").isPositive();
  }

  /** Walks along what a reader was given, and along the topic. */
  private static long[] holes(Reader reader, TreeSet<Long> topic) {
    // Who had no cursor yet began with the oldest event that was kept then.
    boolean beganWithoutCursor = reader.read.get(0) > 0;
    long position = beganWithoutCursor ? reader.read.get(0) - 1 : reader.start;
    long gaps = 0;
    long missing = 0;
    Long gap = null;
    for (long next : reader.read) {
      if (next <= 0) {
        assertThat(gap).as("%s: two gaps for one hole at %d", reader.getName(), position).isNull();
        gap = next;
        continue;
      }
      assertThat(next).as("%s: order, and nothing twice", reader.getName()).isGreaterThan(position);
      int hole = topic.subSet(position, false, next, false).size();
      if (gap == null) {
        assertThat(hole).as("%s: silence from %d to %d", reader.getName(), position, next).isZero();
      } else {
        assertThat(hole).as("%s: a gap at %d without a hole", reader.getName(), next).isPositive();
        if (gap != UNKNOWN) assertThat((long) hole).as("missed").isEqualTo(-gap);
        gaps++;
      }
      missing += hole;
      position = next;
      gap = null;
    }
    assertThat(position).as("%s: has the newest", reader.getName()).isEqualTo(topic.last());
    return new long[] {gaps, missing};
  }
}
