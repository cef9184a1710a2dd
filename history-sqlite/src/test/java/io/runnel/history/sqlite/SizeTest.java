package io.runnel.history.sqlite;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Retention;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
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
