package io.runnel.history.sqlite;

import static io.runnel.history.sqlite.Store.ORDERS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Receipt;
import io.runnel.engine.Retention;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicEvent;
import io.runnel.eventstream.Event;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is moved to a new file when the database is damaged. */
final class SalvageTest {
  private static final Topic USER = new Topic("user/42");

  @TempDir private Path directory;

  // ---------------------------------------------------------------- keys

  @Test
  void aRetryOfWhatWasSalvagedGetsTheIdUnderWhichItIsReadAndStoresNothing() throws Exception {
    String epoch = publishTenWithKeys();
    damage("DELETE FROM event WHERE topic = 1 AND place = 4");
    try (var store = new Store(directory)) {
      assertThat(store.epoch()).isNotEqualTo(epoch);
      assertThat(retry(store, 5)).isEqualTo(store.epoch() + "-5");
      assertThat(retry(store, 10)).isEqualTo(store.epoch() + "-10");
      assertThat(store.readAll(ORDERS).offsets()).containsExactly(5L, 6L, 7L, 8L, 9L, 10L);
    }
  }

  @Test
  void aRetryOfWhatIsLostIsKeptAnew() throws Exception {
    publishTenWithKeys();
    damage("DELETE FROM event WHERE topic = 1 AND place = 4");
    try (var store = new Store(directory)) {
      assertThat(retry(store, 3)).isEqualTo(store.epoch() + "-12");
      assertThat(retry(store, 4)).isEqualTo(store.epoch() + "-13");
      assertThat(store.readAll(ORDERS).data()).endsWith("3", "4");
      assertThat(retry(store, 4)).isEqualTo(store.epoch() + "-13");
    }
  }

  @Test
  void aRetryOfANewestEventThatIsLostIsKeptAnewAndTheOlderOnesAreThere() throws Exception {
    publishTenWithKeys();
    damage("DELETE FROM event WHERE topic = 1 AND place = 10");
    try (var store = new Store(directory)) {
      assertThat(store.readAll(ORDERS).data()).hasSize(9).endsWith("9");
      assertThat(retry(store, 9)).isEqualTo(store.epoch() + "-9");
      assertThat(retry(store, 10)).isEqualTo(store.epoch() + "-12");
      assertThat(store.readAll(ORDERS).data()).hasSize(10).endsWith("9", "10");
    }
  }

  @Test
  void aKeyThatIsDamagedItselfIsForgotten() throws Exception {
    publishTenWithKeys();
    damage("UPDATE idempotency SET id = replace(id, '-7', '-8') WHERE key = 'key 7'");
    try (var store = new Store(directory)) {
      assertThat(retry(store, 7)).isEqualTo(store.epoch() + "-12");
      assertThat(retry(store, 8)).isEqualTo(store.epoch() + "-8");
    }
  }

  /** Retention took it, and not the damage: it was kept as long as was promised. */
  @Test
  void aRetryOfWhatHadBeenTrimmedStoresNothing() throws Exception {
    var three = new Retention(3, 1 << 20, Duration.ofDays(1));
    try (var store = new Store(directory, three, 1 << 30)) {
      publishTenWithKeys(store);
    }
    damage("DELETE FROM event WHERE topic = 1 AND place = 8");
    try (var store = new Store(directory, three, 1 << 30)) {
      assertThat(retry(store, 7)).isEqualTo(store.epoch() + "-7");
      assertThat(retry(store, 8)).isEqualTo(store.epoch() + "-12");
      assertThat(store.readAll(ORDERS).data()).containsExactly("9", "10", "8");
    }
  }

  @Test
  void aBatchOfWhichATopicHasLostItsPartIsKeptAnewAndAnyOtherIsNot() throws Exception {
    List<TopicEvent> both =
        List.of(new TopicEvent(ORDERS, Event.of("a")), new TopicEvent(USER, Event.of("b")));
    List<TopicEvent> one = Collections.nCopies(2, new TopicEvent(ORDERS, Event.of("c")));
    try (var store = new Store(directory)) {
      assertThat(publish(store, both, "1")).containsExactly("1", "2");
      assertThat(publish(store, one, "2")).containsExactly("3", "4");
      store.publish(USER, "lost");
      assertThat(publish(store, both, "3")).containsExactly("6", "7");
      store.publish(USER, "the newest");
    }
    damage("DELETE FROM event WHERE topic = 2 AND place = 5");
    try (var store = new Store(directory)) {
      assertThat(store.readAll(USER).data()).containsExactly("b", "the newest");
      assertThat(publish(store, both, "1")).containsExactly("9", "10");
      assertThat(publish(store, one, "2")).containsExactly("3", "4");
      assertThat(publish(store, both, "3")).containsExactly("6", "7");
    }
  }

  @Test
  void aRetryAfterANewEpochGetsTheIdUnderWhichItsEventIsReadNow() throws Exception {
    String epoch = publishTenWithKeys();
    Files.delete(directory.resolve("heads"));
    try (var store = new Store(directory)) {
      assertThat(store.epoch()).isNotEqualTo(epoch);
      assertThat(retry(store, 4)).isEqualTo(store.epoch() + "-4");
      assertThat(store.readAll(ORDERS).data()).hasSize(10);
    }
  }

  private String publishTenWithKeys() throws Exception {
    try (var store = new Store(directory)) {
      publishTenWithKeys(store);
      return store.epoch();
    }
  }

  private static void publishTenWithKeys(Store store) throws Exception {
    for (int i = 1; i <= 10; i++) retry(store, i);
    store.publish(USER, "hello");
  }

  private static String retry(Store store, int number) throws Exception {
    Event event = Event.of("" + number);
    return store.hub.publish(ORDERS, event, "key " + number).get(30, SECONDS).id();
  }

  /** The offsets of the events. */
  private static List<String> publish(Store store, List<TopicEvent> batch, String key)
      throws Exception {
    return store.hub.publishAll(batch, key).get(30, SECONDS).stream()
        .map(receipt -> receipt.id().substring(9))
        .toList();
  }

  /** Changes the database, and lets the next start know that it is damaged. */
  private void damage(String sql) throws Exception {
    Path file = directory.resolve("events.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      Database.execute(connection, sql);
    }
    try (Heads heads = Heads.open(directory.resolve("heads"))) {
      Heads.Witness was = heads.read();
      heads.write(new Heads.Witness(was.epoch(), was.offset(), was.inode(), true));
    }
  }

  // ---------------------------------------------------------------- a file that was cut off

  private static final int EVENTS = 2000;

  /**
   * A database of which only the beginning is left: what is intact is kept, each topic's events
   * follow one after the other, and a key answers with the id of an event that is its own.
   */
  @Test
  void ofAFileThatWasCutOffWhatIsIntactIsKept() throws Exception {
    Path origin = directory.resolve("origin");
    Heads.Witness witness;
    try (var store = new Store(origin)) {
      for (CompletableFuture<?> receipt : publishAll(store)) receipt.get(30, SECONDS);
      witness = new Heads.Witness(store.epoch(), store.lastOffset(), 0, false);
    }
    byte[] whole = Files.readAllBytes(origin.resolve("events.db"));
    var kept = new ArrayList<Integer>();
    for (int percent : List.of(5, 25, 50, 75, 95, 99)) {
      Path cut = directory.resolve("cut at " + percent);
      byte[] beginning = Arrays.copyOf(whole, (int) (whole.length * (long) percent / 100));
      Store.write(cut, beginning, new byte[0], witness);
      kept.add(keptOf(cut, witness.epoch()));
    }
    System.getLogger("test").log(System.Logger.Level.INFO, "kept of " + EVENTS + ": " + kept);
    assertThat(kept.get(4)).as("of 95 %").isGreaterThan(EVENTS / 2);
    assertThat(kept.get(5)).as("of 99 %").isGreaterThan(EVENTS * 9 / 10);
  }

  private static List<CompletableFuture<Receipt>> publishAll(Store store) {
    var receipts = new ArrayList<CompletableFuture<Receipt>>();
    for (int i = 0; i < EVENTS; i++) {
      Event event = Event.of(i + " " + "x".repeat(i % 1000));
      receipts.add(store.hub.publish(topic(i), event, "key " + i));
    }
    return receipts;
  }

  private static Topic topic(int i) {
    return i < EVENTS / 2 ? ORDERS : new Topic("user/" + i % 3);
  }

  /** How many events are kept; those that are not are lost with their keys. */
  private static int keptOf(Path directory, String epoch) throws Exception {
    try (var store = new Store(directory)) {
      assertThat(store.epoch()).isNotEqualTo(epoch);
      var data = new ArrayList<String>();
      for (int i : List.of(0, EVENTS - 1, EVENTS - 2, EVENTS - 3)) {
        List<String> topic = store.readAll(topic(i)).data();
        assertFollowOneAnother(topic);
        data.addAll(topic);
      }
      long last = store.lastOffset();
      List<CompletableFuture<Receipt>> retries = publishAll(store);
      for (int i = 0; i < EVENTS; i++) {
        String id = retries.get(i).get(30, SECONDS).id();
        boolean isAnew = Long.parseLong(id.substring(9)) > last;
        String event = i + " " + "x".repeat(i % 1000);
        if (isAnew) continue;
        assertThat(id).isEqualTo(store.epoch() + "-" + (i + 1));
        assertThat(data).contains(event);
      }
      return data.size();
    }
  }

  private static void assertFollowOneAnother(List<String> topic) {
    for (int i = 1; i < topic.size(); i++) {
      int before = number(topic.get(i - 1));
      int step = before < EVENTS / 2 ? 1 : 3;
      assertThat(number(topic.get(i))).isEqualTo(before + step);
    }
  }

  private static int number(String data) {
    return Integer.parseInt(data.substring(0, data.indexOf(' ')));
  }
}
