package io.runnel.history.sqlite;

import static io.runnel.history.sqlite.Store.ORDERS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.runnel.engine.IdempotencyKeyReusedException;
import io.runnel.engine.Retention;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicCompletedException;
import io.runnel.eventstream.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start finds, with real files. */
final class RestartTest {
  private static final Topic USER = new Topic("user/42");

  @TempDir private Path directory;

  @Test
  void aRestartKeepsEpochOrderTrimmingAndCompletion() throws Exception {
    String epoch;
    var retention = new Retention(3, 1 << 20, Duration.ofDays(1));
    try (var store = new Store(directory, retention, 1 << 30)) {
      epoch = store.epoch();
      for (int i = 1; i <= 5; i++) store.publish("order " + i);
      store.publish(USER, "hello");
      store.hub.complete(USER).get(30, SECONDS);
    }
    try (var store = new Store(directory, retention, 1 << 30)) {
      assertThat(store.hub.cursor()).isEqualTo(epoch + "-7");
      assertThat(store.publish("order 6")).isEqualTo(epoch + "-8");
      assertThat(store.readAll(ORDERS))
          .isEqualTo(
              new Store.Read(List.of("order 4", "order 5", "order 6"), List.of(4L, 5L, 8L), 3));
      assertThat(store.readAll(USER))
          .isEqualTo(new Store.Read(List.of("hello"), List.of(6L, 7L), 0));
      assertThatThrownBy(() -> store.publish(USER, "late"))
          .hasCauseInstanceOf(TopicCompletedException.class);
    }
  }

  @Test
  void publishersIdsAreFoundAndDoubtedAfterARestart() throws Exception {
    var retention = new Retention(2, 1 << 20, Duration.ofDays(1));
    try (var store = new Store(directory, retention, 1 << 30)) {
      for (String id : List.of("a", "b", "c")) publishWithId(store, id);
    }
    try (var store = new Store(directory, retention, 1 << 30)) {
      assertThat(store.find(ORDERS, "b")).isEqualTo("2");
      assertThat(store.find(ORDERS, "a")).isEqualTo("0 in doubt");
      publishWithId(store, "a");
      assertThat(store.find(ORDERS, "a")).isEqualTo("4 in doubt");
    }
  }

  private static void publishWithId(Store store, String id) throws Exception {
    store.hub.publish(ORDERS, Event.of(id).withId(id)).get(30, SECONDS);
  }

  @Test
  void twoProcessesCannotHaveOneDirectory() throws Exception {
    try (var store = new Store(directory)) {
      assertThatThrownBy(() -> new Store(directory))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("in use by another hub");
      assertThat(store.lastOffset()).isZero();
    }
  }

  @Test
  void aDirectoryThatIsNoneIsSaidInWords() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "x");
    assertThatThrownBy(() -> new Store(file)).hasMessage("it is a file and no directory");
    assertThatThrownBy(() -> new Store(file.resolve("below"))).hasMessage("Not a directory");
  }

  // ---------------------------------------------------------------- epochs

  @Test
  void aCopyOfTheDirectoryBeginsANewEpochAndKeepsItsEvents() throws Exception {
    String epoch = publishThree();
    Path copy = directory.resolve("copy");
    copyFiles(directory, copy);
    try (var store = new Store(copy)) {
      assertThat(store.epoch()).isNotEqualTo(epoch);
      assertThat(store.readAll(ORDERS).data()).containsExactly("1", "2", "3");
    }
  }

  @Test
  void anOlderDatabasePutBackBeginsANewEpoch() throws Exception {
    String epoch = publishThree();
    byte[] backup = Files.readAllBytes(directory.resolve("events.db"));
    try (var store = new Store(directory)) {
      assertThat(store.publish("4")).isEqualTo(epoch + "-4");
    }
    Files.write(directory.resolve("events.db"), backup);
    try (var store = new Store(directory)) {
      assertThat(store.epoch()).isNotEqualTo(epoch);
      assertThat(store.readAll(ORDERS).data()).containsExactly("1", "2", "3");
    }
  }

  @Test
  void anIdThatMayHaveLostItsSuccessorsIsInDoubt() throws Exception {
    try (var store = new Store(directory)) {
      publishWithId(store, "x");
    }
    Files.delete(directory.resolve("heads"));
    try (var store = new Store(directory)) {
      publishWithId(store, "y");
      assertThat(store.find(ORDERS, "x")).isEqualTo("1 in doubt");
      assertThat(store.find(ORDERS, "y")).isEqualTo("2");
    }
  }

  @Test
  void aDatabaseThatIsGoneBeginsANewEpoch() throws Exception {
    String epoch = publishThree();
    Files.delete(directory.resolve("events.db"));
    try (var store = new Store(directory)) {
      assertThat(store.epoch()).isNotEqualTo(epoch);
      assertThat(store.lastOffset()).isZero();
    }
  }

  @Test
  void whatIsNoDatabaseIsSetAsideAndANewEpochBegins() throws Exception {
    String epoch = publishThree();
    Files.writeString(directory.resolve("events.db"), "this is no database ".repeat(1000));
    try (var store = new Store(directory)) {
      assertThat(store.epoch()).isNotEqualTo(epoch);
      assertThat(store.publish("new")).startsWith(store.epoch());
    }
    assertThat(directory.resolve("damaged.db")).exists();
  }

  private String publishThree() throws Exception {
    try (var store = new Store(directory)) {
      for (int i = 1; i <= 3; i++) store.publish("" + i);
      return store.epoch();
    }
  }

  private static void copyFiles(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (var files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  // ---------------------------------------------------------------- keys and batches

  @Test
  void aRetryIsAnsweredWithTheFirstIdAlsoAfterARestart() throws Exception {
    String first;
    try (var store = new Store(directory)) {
      var twice = new ArrayList<CompletableFuture<String>>();
      for (int i = 0; i < 2; i++) {
        twice.add(
            store.hub.publish(ORDERS, Event.of("a"), "key").thenApply(receipt -> receipt.id()));
      }
      first = twice.get(0).get(30, SECONDS);
      assertThat(twice.get(1).get(30, SECONDS)).isEqualTo(first);
    }
    try (var store = new Store(directory)) {
      assertThat(store.hub.publish(ORDERS, Event.of("a"), "key").get(30, SECONDS).id())
          .isEqualTo(first);
      assertThatThrownBy(() -> store.hub.publish(ORDERS, Event.of("b"), "key").get(30, SECONDS))
          .hasCauseInstanceOf(IdempotencyKeyReusedException.class);
      assertThat(store.publish(USER, "other topic")).isEqualTo(store.epoch() + "-2");
      assertThat(store.readAll(ORDERS).data()).containsExactly("a");
    }
  }

  @Test
  void aBatchIsKeptInOrderAndOnce() throws Exception {
    List<Event> events = List.of(Event.of("1"), Event.of("2"), Event.of("3"));
    try (var store = new Store(directory)) {
      var first = store.hub.publishAll(ORDERS, events, "batch").get(30, SECONDS);
      assertThat(first)
          .extracting(receipt -> receipt.id().substring(9))
          .containsExactly("1", "2", "3");
    }
    try (var store = new Store(directory)) {
      var again = store.hub.publishAll(ORDERS, events, "batch").get(30, SECONDS);
      assertThat(again)
          .extracting(receipt -> receipt.id().substring(9))
          .containsExactly("1", "2", "3");
      store.hub.complete(ORDERS).get(30, SECONDS);
      assertThatThrownBy(() -> store.hub.publishAll(ORDERS, events, null).get(30, SECONDS))
          .hasCauseInstanceOf(TopicCompletedException.class);
      assertThat(store.readAll(ORDERS).data()).containsExactly("1", "2", "3");
    }
  }
}
