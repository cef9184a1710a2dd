package io.runnel.history.sqlite;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.runnel.engine.HistoryFullException;
import io.runnel.engine.Retention;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Retention is enforced on disk, too. */
@Tag("slow")
final class SizeTest {
  private static final long MAX_BYTES = 1 << 20;
  private static final List<Event> BATCH = Collections.nCopies(1000, Event.of("x".repeat(200)));

  @TempDir private Path directory;

  @Test
  void theFileDoesNotGrowBeyondWhatAllTopicsMayHave() throws Exception {
    var all = new Retention(1_000_000_000, 1L << 40, Duration.ofDays(1));
    assertStaysWithin(3 * MAX_BYTES, all, MAX_BYTES, 8);
  }

  @Test
  void theFileDoesNotGrowBeyondWhatATopicMayHave() throws Exception {
    // 2,000 events of some 250 bytes, and the 2,000 that come until they are trimmed.
    var few = new Retention(2000, 1L << 40, Duration.ofDays(1));
    assertStaysWithin(2 << 20, few, 1L << 40, 1);
  }

  private static final long LOG_BYTES = 512 << 10;

  private Store withSmallLog() throws IOException {
    var few = new Retention(2000, 1L << 40, Duration.ofDays(1));
    return new Store(directory, few, 1L << 40, Disk.REAL, LOG_BYTES);
  }

  @Test
  void theLogDoesNotGrowBeyondItsLimitWhileAnotherProgramReads() throws Exception {
    try (var store = withSmallLog()) {
      publish(store, 0);
      try (Connection other = Database.openReader(directory.resolve("events.db"))) {
        Database.execute(other, "BEGIN");
        assertThat(Database.number(other, "SELECT count(*) FROM event")).isEqualTo(1000);
        assertThatThrownBy(
                () -> {
                  for (int i = 0; i < 200; i++) publish(store, 0);
                })
            .hasRootCauseInstanceOf(HistoryFullException.class)
            .hasMessageContaining("another program has been reading");
        assertThat(store.history.statistics().logBytes()).isBetween(16 * LOG_BYTES, 24 * LOG_BYTES);
        assertThat(store.hub.failure()).isNull();
        assertThat(store.readAll(new Topic("t0")).data()).hasSize(2000);
      }
      store.hub.tick();
      store.history.awaitTurn();
      publish(store, 0);
    }
  }

  @Test
  void theLogBeginsAnewHoweverMuchIsReadByUs() throws Exception {
    try (var store = withSmallLog()) {
      publish(store, 0);
      var isOver = new AtomicBoolean();
      var readers = new ArrayList<CompletableFuture<Void>>();
      for (int i = 0; i < 4; i++) {
        readers.add(
            CompletableFuture.runAsync(
                () -> {
                  while (!isOver.get()) readAll(store);
                },
                task -> new Thread(task).start()));
      }
      for (int i = 0; i < 150; i++) publish(store, 0);
      isOver.set(true);
      for (CompletableFuture<Void> reader : readers) reader.get(30, SECONDS);
      assertThat(store.history.statistics().logBytes()).isLessThan(10 * LOG_BYTES);
    }
  }

  @Test
  @Timeout(60)
  void theLogHasItsLengthBeforeItIsNeeded() throws Exception {
    try (var store = withSmallLog()) {
      while (size("events.db-wal") < LOG_BYTES) Thread.sleep(5);
      publish(store, 0);
      assertThat(store.readAll(new Topic("t0")).data()).hasSize(1000);
    }
    try (var store = withSmallLog()) {
      assertThat(store.readAll(new Topic("t0")).data()).hasSize(1000);
    }
  }

  @Test
  void whereRoomIsScarceTheLogIsAsLongAsItMustBe() throws Exception {
    Disk scarce =
        new Disk() {
          @Override
          public long room(Path file) {
            return 16 * LOG_BYTES;
          }
        };
    try (var store = new Store(directory, Store.ALL, 1L << 40, scarce, LOG_BYTES)) {
      store.publish("1");
      store.history.awaitTurn();
      store.history.awaitTurn();
      assertThat(size("events.db-wal")).isLessThan(LOG_BYTES / 2);
    }
  }

  private static void readAll(Store store) {
    try {
      store.readAll(new Topic("t0"));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private void assertStaysWithin(long limit, Retention retention, long maxBytes, int topics)
      throws Exception {
    try (var store = new Store(directory, retention, maxBytes)) {
      for (int i = 0; i < 20; i++) publish(store, i % topics);
      long early = size("events.db") + size("events.db-wal");
      for (int i = 0; i < 80; i++) publish(store, i % topics);
      assertThat(store.lastOffset()).isEqualTo(100_000);
      assertThat(size("events.db")).isLessThan(limit);
      // The log is moved and begun anew after 16 MiB; what comes meanwhile is on top.
      assertThat(size("events.db-wal")).isLessThan(48 << 20);
      assertThat(early).as("there was something to trim").isGreaterThan(MAX_BYTES);
    }
    assertThat(size("events.db")).as("closed, without a log").isLessThan(limit);
  }

  private static void publish(Store store, int topic) throws Exception {
    store.hub.publishAll(new Topic("t" + topic), BATCH, null).get(30, SECONDS);
  }

  private long size(String name) throws IOException {
    Path file = directory.resolve(name);
    return Files.exists(file) ? Files.size(file) : 0;
  }
}
