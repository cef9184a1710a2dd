package io.runnel.history.sqlite;

import static io.runnel.history.sqlite.Store.ORDERS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.History;
import io.runnel.engine.Retention;
import io.runnel.eventstream.Event;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is bounded in a history on disk besides its files. */
@Timeout(60)
final class BoundsTest {
  @TempDir private Path directory;

  @Test
  void oneTurnTrimsABoundedNumberOfEvents() throws Exception {
    try (var store = new Store(directory)) {
      for (int i = 0; i < 8; i++) {
        store.hub.publishAll(ORDERS, Collections.nCopies(1000, Event.of("x")), null).get();
      }
    }
    var syncs = new AtomicInteger();
    Disk disk =
        new Disk() {
          @Override
          public void beforeSync() {
            syncs.incrementAndGet();
          }
        };
    var few = new Retention(10, 1L << 40, Duration.ofDays(1));
    try (var store = new Store(directory, few, 1L << 40, disk)) {
      store.publish("one more");
      while (store.history.statistics().events() > 10) Thread.sleep(5);
      // Each turn has its own sync; 1,026 of 7,991 go in one.
      assertThat(syncs).hasValueGreaterThanOrEqualTo(8);
      assertThat(store.readAll(ORDERS).data()).hasSize(10);
    }
  }

  @Test
  void whoeverReadsIsNotHeldUpWhileAllReadersAreBusy() throws Exception {
    try (var store = new Store(directory)) {
      store.publish("1");
      var goesOn = new CountDownLatch(1);
      var answers = new ArrayList<CompletableFuture<String>>();
      for (int i = 0; i < 3; i++) answers.add(read(store, goesOn));
      store.publish("2"); // Nor is whoever publishes.
      assertThat(answers).noneMatch(CompletableFuture::isDone);
      goesOn.countDown();
      for (CompletableFuture<String> thread : answers) {
        assertThat(thread.get(30, SECONDS)).startsWith("runnel-history-reader");
      }
    }
  }

  /** The name of the thread that answers. */
  private static CompletableFuture<String> read(Store store, CountDownLatch goesOn) {
    var thread = new CompletableFuture<String>();
    store.history.read(
        List.of(ORDERS),
        0,
        1,
        1000,
        new History.ReadAnswer() {
          @Override
          public void read(List<EncodedEvent> events, long through, long[] trimmedThrough) {
            try {
              if (!goesOn.await(30, SECONDS)) throw new IllegalStateException("held up");
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            thread.complete(Thread.currentThread().getName());
          }

          @Override
          public void failed(IOException failure) {
            thread.completeExceptionally(failure);
          }
        });
    return thread;
  }

  @Test
  void beyondTheMostKeysTheOldestAreForgottenEarlyAndCounted() throws Exception {
    String last;
    try (var store = new Store(directory)) {
      for (int i = 1; i < 5; i++) publish(store, "key " + i);
      last = publish(store, "key 5");
      assertThat(store.history.statistics().keys()).isEqualTo(5);
    }
    // As if a million had come between.
    try (Connection database =
        DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("events.db"))) {
      Database.execute(database, "UPDATE idempotency SET number = 1000003 WHERE number = 5");
    }
    try (var store = new Store(directory)) {
      assertThat(publish(store, "key 5")).isEqualTo(last);
      assertThat(store.history.statistics().keysForgottenEarly()).isZero();
      String sixth = publish(store, "key 6");
      // Two for each that is new.
      assertThat(store.history.statistics().keysForgottenEarly()).isEqualTo(2);
      assertThat(publish(store, "key 1")).isNotEqualTo(store.epoch() + "-1");
      assertThat(publish(store, "key 6")).isEqualTo(sixth);
      assertThat(store.history.statistics().keysForgottenEarly()).isEqualTo(4);
      assertThat(store.history.statistics().keys()).isEqualTo(3);
    }
  }

  private static String publish(Store store, String key) throws Exception {
    return store.hub.publish(ORDERS, Event.of("x"), key).get(30, SECONDS).id();
  }
}
