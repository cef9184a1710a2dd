package io.runnel.history.sqlite;

import static io.runnel.history.sqlite.Store.ORDERS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of bits that flip on the disk, and of writes that did not get there. */
final class DamageTest {
  private static final List<Topic> TOPICS =
      List.of(ORDERS, new Topic("user/1"), new Topic("user/2"), new Topic("user/3"));

  /** Then the log is as long as what was written to it. */
  private static final Disk NO_ROOM =
      new Disk() {
        @Override
        public long room(Path file) {
          return 0;
        }
      };

  @TempDir private Path directory;

  /**
   * A flipped bit anywhere: whatever is read is what was published, in order, and a hole is behind
   * what is said to be trimmed, or the epoch is new, or the reading fails and says so and the next
   * start says the gap.
   */
  @Test
  void aFlippedBitIsNeverAWrongEventAndNeverAHoleThatIsNotSaid() throws Exception {
    Path origin = directory.resolve("origin");
    Map<Topic, List<String>> published = new HashMap<>();
    Heads.Witness witness;
    try (var store = new Store(origin)) {
      publish(store, published);
      witness = new Heads.Witness(store.epoch(), store.lastOffset(), 0, false);
    }
    byte[] intact = Files.readAllBytes(origin.resolve("events.db"));
    long seed = 42;
    var random = new SplittableRandom(seed);
    var verdicts = new HashMap<String, Integer>();
    for (int i = 0; i < FLIPS; i++) {
      byte[] flipped = intact.clone();
      int bit = random.nextInt(8 * flipped.length);
      flipped[bit >> 3] ^= (byte) (1 << (bit & 7));
      Path damaged = directory.resolve("damaged");
      Store.write(damaged, flipped, new byte[0], witness);
      String verdict = verdict(damaged, witness.epoch(), published);
      if (verdict.equals(ERROR)) {
        String afterRestart = verdict(damaged, witness.epoch(), published);
        verdict =
            (afterRestart.equals("a gap is said") ? "" : "WRONG, ")
                + verdict
                + ", and after a restart "
                + afterRestart;
      }
      verdicts.merge(verdict, 1, Integer::sum);
      assertThat(verdict).as("bit " + bit + ", seed " + seed).doesNotStartWith("WRONG");
    }
    assertThat(verdicts.keySet()).contains("nothing to see", "a gap is said");
    System.getLogger("test").log(System.Logger.Level.INFO, verdicts.toString());
  }

  private static final String ERROR = "an error is said";

  private static final int FLIPS = Integer.getInteger("runnel.flips", 150);

  private static void publish(Store store, Map<Topic, List<String>> published) throws Exception {
    var receipts = new ArrayList<CompletableFuture<?>>();
    for (int i = 0; i < 2000; i++) {
      Topic topic = TOPICS.get(i % TOPICS.size());
      String data = "event " + i + " of " + topic;
      published.computeIfAbsent(topic, key -> new ArrayList<>()).add(data);
      Event event = Event.of(data);
      receipts.add(store.hub.publish(topic, i % 8 < 4 ? event : event.withId("id" + i)));
    }
    for (CompletableFuture<?> receipt : receipts) receipt.get(30, SECONDS);
  }

  private static String verdict(Path directory, String epoch, Map<Topic, List<String>> published) {
    boolean isGapSaid = false;
    try (var store = new Store(directory)) {
      boolean isNewEpoch = !store.epoch().equals(epoch);
      isGapSaid = isNewEpoch;
      for (Topic topic : TOPICS) {
        Store.Read read = store.readAll(topic);
        List<String> all = published.get(topic);
        int size = read.data().size();
        int first = isNewEpoch ? Collections.indexOfSubList(all, read.data()) : all.size() - size;
        if (first < 0 || !read.data().equals(all.subList(first, first + size))) {
          return "WRONG: " + read;
        }
        if (size < all.size()) {
          if (read.trimmedThrough() == 0 && !isGapSaid) return "WRONG: silence about " + topic;
          isGapSaid = true;
        }
      }
    } catch (Exception e) {
      return ERROR;
    }
    return isGapSaid ? "a gap is said" : "nothing to see";
  }

  /** Rows that a damaged page swallows leave no trace but the chain. */
  @Test
  void aRowThatIsGoneIsAGapAndWhatFollowsItIsKept() throws Exception {
    String epoch = publishTenAndRun("DELETE FROM event WHERE place IN (4, 5)");
    try (var store = new Store(directory)) {
      assertThat(store.epoch()).isEqualTo(epoch);
      assertThat(store.read(ORDERS, 2)).isEqualTo(new Store.Read(AFTER_FIVE, PLACES_AFTER_FIVE, 5));
    }
    try (var store = new Store(directory)) {
      assertThat(store.readAll(ORDERS)).isEqualTo(new Store.Read(AFTER_FIVE, PLACES_AFTER_FIVE, 5));
    }
  }

  private static final List<String> AFTER_FIVE = List.of("6", "7", "8", "9", "10");
  private static final List<Long> PLACES_AFTER_FIVE = List.of(6L, 7L, 8L, 9L, 10L);

  @Test
  void aNewestEventThatIsGoneBeginsANewEpoch() throws Exception {
    String epoch = publishTenAndRun("DELETE FROM event WHERE place = 10");
    try (var store = new Store(directory)) {
      assertThat(store.epoch()).isNotEqualTo(epoch);
    }
  }

  @Test
  void aTopicThatIsGoneBeginsANewEpoch() throws Exception {
    String epoch = publishTenAndRun("DELETE FROM topic");
    try (var store = new Store(directory)) {
      assertThat(store.epoch()).isNotEqualTo(epoch);
    }
  }

  private String publishTenAndRun(String sql) throws Exception {
    String epoch;
    try (var store = new Store(directory)) {
      epoch = store.epoch();
      for (int i = 1; i <= 10; i++) store.publish("" + i);
    }
    try (Connection connection =
        DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("events.db"))) {
      Database.execute(connection, sql);
    }
    return epoch;
  }

  /**
   * The log of commits, cut or torn anywhere, as a crash of the machine leaves it: whatever had
   * been acknowledged by then is there, in the same epoch.
   */
  @Test
  void whateverWritesACrashLosesWhatWasAcknowledgedBeforeIsKept() throws Exception {
    Path origin = directory.resolve("origin");
    var logLengths = new ArrayList<Integer>();
    byte[] database;
    byte[] log;
    String epoch;
    try (var store = new Store(origin, Store.ALL, 1L << 40, NO_ROOM)) {
      epoch = store.epoch();
      Path logFile = origin.resolve("events.db-wal");
      logLengths.add((int) Files.size(logFile));
      for (int i = 1; i <= 6; i++) {
        store.publish("event " + i);
        logLengths.add((int) Files.size(logFile));
      }
      database = Files.readAllBytes(origin.resolve("events.db"));
      log = Files.readAllBytes(logFile);
    }
    int frame = 24 + 4096;
    var random = new SplittableRandom(7);
    for (int start = logLengths.get(0); start < log.length; start += frame) {
      for (int cut : List.of(start, start + 1 + random.nextInt(frame - 1))) {
        byte[] torn = Arrays.copyOf(log, cut);
        check(epoch, database, torn, acknowledged(logLengths, cut));
        // So it looks in a log that was made long before.
        check(
            epoch,
            database,
            Arrays.copyOf(torn, log.length + 65536),
            acknowledged(logLengths, cut));
        if (cut == start) continue;
        // The frame is there, but a part of it is not what was written.
        byte[] garbled = Arrays.copyOf(log, Math.min(log.length, start + frame));
        garbled[cut] ^= 0x55;
        check(epoch, database, garbled, acknowledged(logLengths, start));
      }
    }
  }

  private static int acknowledged(List<Integer> logLengths, int length) {
    int acknowledged = 0;
    while (acknowledged + 1 < logLengths.size() && logLengths.get(acknowledged + 1) <= length) {
      acknowledged++;
    }
    return acknowledged;
  }

  private void check(String epoch, byte[] database, byte[] log, int acknowledged) throws Exception {
    Path crashed = directory.resolve("crashed");
    Store.write(crashed, database, log, new Heads.Witness(epoch, acknowledged, 0, false));
    try (var store = new Store(crashed)) {
      assertThat(store.epoch()).isEqualTo(epoch);
      assertThat(store.lastOffset()).isEqualTo(acknowledged);
      assertThat(store.readAll(ORDERS).data()).hasSize(acknowledged);
    }
    // Had one more been acknowledged, it would be missing, and the epoch tells.
    Store.write(crashed, database, log, new Heads.Witness(epoch, acknowledged + 1, 0, false));
    if (acknowledged % 3 != 0) return;
    try (var store = new Store(crashed)) {
      assertThat(store.epoch()).isNotEqualTo(epoch);
    }
  }
}
