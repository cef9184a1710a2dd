package io.runnel.history.sqlite;

import static io.runnel.history.sqlite.Store.ORDERS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.runnel.engine.HistoryBusyException;
import io.runnel.engine.HistoryFailedException;
import io.runnel.engine.HistoryFullException;
import io.runnel.engine.Receipt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What becomes of publishers and readers when the disk fails. */
final class FailureTest {
  @TempDir private Path directory;

  @Test
  void afterAFailedSyncNothingIsAcknowledgedAnyMore() throws Exception {
    var disk = new FailingDisk();
    String epoch;
    try (var store = new Store(directory, Store.ALL, 1 << 30, disk)) {
      epoch = store.epoch();
      store.publish("1");
      assertThat(store.hub.failure()).isNull();
      disk.syncFails = true;
      assertThatThrownBy(() -> store.publish("2")).hasCauseInstanceOf(HistoryFailedException.class);
      disk.syncFails = false;
      int commits = disk.commits.get();
      assertThatThrownBy(() -> store.publish("3")).hasCauseInstanceOf(HistoryFailedException.class);
      assertThat(disk.commits).hasValue(commits);
      assertThat(store.hub.failure())
          .contains("the disk failed")
          .contains("until the hub is started");
      assertThat(store.readAll(ORDERS).data()).containsExactly("1");
    }
    try (var store = new Store(directory)) {
      assertThat(store.epoch()).isEqualTo(epoch);
      // Nobody was told that the second is kept, and this time it is.
      assertThat(store.publish("4")).isEqualTo(epoch + "-3");
      assertThat(store.readAll(ORDERS).data()).containsExactly("1", "2", "4");
    }
  }

  @Test
  void afterAFailedWriteNothingIsAcknowledgedAnyMore() throws Exception {
    var disk = new FailingDisk();
    try (var store = new Store(directory, Store.ALL, 1 << 30, disk)) {
      store.publish("1");
      disk.fails = SQLiteErrorCode.SQLITE_IOERR_WRITE;
      assertThatThrownBy(() -> store.publish("2")).hasCauseInstanceOf(HistoryFailedException.class);
      disk.fails = null;
      assertThatThrownBy(() -> store.publish("3")).hasCauseInstanceOf(HistoryFailedException.class);
      assertThat(store.hub.failure()).contains("the disk failed");
      assertThat(store.readAll(ORDERS).data()).containsExactly("1");
    }
  }

  @Test
  void aFullDiskRefusesReadsOnAndRecovers() throws Exception {
    var disk = new FailingDisk();
    try (var store = new Store(directory, Store.ALL, 1 << 30, disk)) {
      store.publish("before");
      Database.execute(disk.real(), "PRAGMA max_page_count = 1"); // No more than there are.
      int kept = 1;
      Throwable refusal = null;
      for (; refusal == null && kept < 100; kept++) {
        refusal = store.begin("x".repeat(2000)).handle((receipt, why) -> why).get();
      }
      assertThat(refusal).isInstanceOf(HistoryFullException.class);
      assertThat(store.hub.failure()).isNull();
      assertThat(store.readAll(ORDERS).data()).hasSize(kept - 1);
      Database.execute(disk.real(), "PRAGMA max_page_count = 1000000");
      assertThat(store.publish("after")).isEqualTo(store.epoch() + "-" + kept);
      assertThat(store.readAll(ORDERS).data()).startsWith("before").endsWith("after").hasSize(kept);
    }
  }

  /** SQLite makes the index longer when the commit is in the log already. */
  @Test
  void aFullDiskThatTheIndexOfTheLogMeetsRefusesAndRecoversToo() throws Exception {
    var disk = new FailingDisk();
    try (var store = new Store(directory, Store.ALL, 1 << 30, disk)) {
      store.publish("before");
      disk.fails = SQLiteErrorCode.SQLITE_IOERR_SHMSIZE;
      disk.room = 0;
      assertThatThrownBy(() -> store.publish("unknown"))
          .hasCauseInstanceOf(UncheckedIOException.class);
      int commits = disk.commits.get();
      assertThatThrownBy(() -> store.publish("none"))
          .hasCauseInstanceOf(HistoryFullException.class);
      assertThat(disk.commits).hasValue(commits);
      assertThat(store.hub.failure()).isNull();
      disk.fails = null;
      disk.room = Long.MAX_VALUE;
      store.publish("after");
      assertThat(store.readAll(ORDERS).data()).containsExactly("before", "after");
    }
  }

  // ---------------------------------------------------------------- what is said of a full disk

  @Test
  void aFullDiskIsSaidOnceWhenItBeginsAndOnceWhenThereIsRoomAgain() throws Exception {
    var disk = new FailingDisk();
    disk.room = 12_345;
    try (var log = new LogLines();
        var store = new Store(directory, Store.ALL, 1 << 30, disk)) {
      store.publish("before");
      assertThat(store.hub.shortage()).isNull();
      disk.fails = SQLiteErrorCode.SQLITE_FULL;
      for (int i = 0; i < 7; i++) {
        assertThatThrownBy(() -> store.publish("refused"))
            .hasCauseInstanceOf(HistoryFullException.class);
      }
      String full = directory + ": the disk is full";
      String refusing = ": publishing is refused until there is room";
      assertThat(store.hub.shortage()).isEqualTo(full + refusing);
      assertThat(store.hub.failure()).isNull();
      assertThat(store.history.statistics().noRoom()).isEqualTo(7);
      assertThat(store.history.statistics().freeBytes()).isEqualTo(12_345);
      String begin =
          full + " (12345 bytes are free)" + refusing + "; subscribers are served as ever";
      assertThat(log.lines).containsExactly(begin);
      disk.fails = null;
      disk.room = 5_000_000;
      store.publish("after");
      assertThat(store.hub.shortage()).isNull();
      String end = directory + ": there is room again (5000000 bytes are free): events are kept";
      assertThat(log.lines).containsExactly(begin, end + "; 7 were refused");
      disk.fails = SQLiteErrorCode.SQLITE_FULL;
      assertThatThrownBy(() -> store.publish("refused")).isNotNull();
      disk.fails = null;
      store.publish("after");
      assertThat(log.lines).hasSize(4).endsWith(end + "; 1 were refused");
      assertThat(store.history.statistics().noRoom()).isEqualTo(8);
    }
  }

  @Test
  void thatThereIsRoomAgainIsSeenAlsoWhileNobodyPublishes() throws Exception {
    var disk = new FailingDisk();
    try (var log = new LogLines();
        var store = new Store(directory, Store.ALL, 1 << 30, disk)) {
      disk.fails = SQLiteErrorCode.SQLITE_FULL;
      assertThatThrownBy(() -> store.publish("refused")).isNotNull();
      for (int i = 0; i < 3; i++) tick(store);
      assertThat(store.hub.shortage()).contains("the disk is full");
      disk.fails = null;
      tick(store);
      assertThat(store.hub.shortage()).isNull();
      assertThat(log.lines).hasSize(2);
      assertThat(store.publish("after")).isEqualTo(store.epoch() + "-1");
    }
  }

  /** Otherwise there would be two lines for each event that is too large. */
  @Test
  void aSmallEventThatIsKeptWhereRoomIsScarceIsNotTheEndOfIt() throws Exception {
    var disk = new FailingDisk();
    disk.room = 10_000;
    try (var log = new LogLines();
        var store = new Store(directory, Store.ALL, 1 << 30, disk)) {
      for (int i = 0; i < 5; i++) {
        disk.fails = SQLiteErrorCode.SQLITE_FULL;
        assertThatThrownBy(() -> store.publish("large")).isNotNull();
        disk.fails = null;
        store.publish("small");
        tick(store);
      }
      assertThat(store.hub.shortage()).isNotNull();
      assertThat(log.lines).hasSize(1);
    }
  }

  private static void tick(Store store) {
    store.hub.tick();
    store.history.awaitTurn();
  }

  /** What the history logs meanwhile. */
  private static final class LogLines extends Handler implements AutoCloseable {
    final List<String> lines = new CopyOnWriteArrayList<>();
    private final Logger logger = Logger.getLogger(SqliteHistory.class.getName());

    LogLines() {
      logger.addHandler(this);
    }

    @Override
    public void publish(LogRecord line) {
      lines.add(line.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
      logger.removeHandler(this);
    }
  }

  @Test
  void whoeverComesWhileTooManyWaitIsRefusedAndTheOthersAreKept() throws Exception {
    try (var store = new Store(directory)) {
      var isHeld = new CountDownLatch(1);
      var goesOn = new CountDownLatch(1);
      store.history.onItsThread(
          () -> {
            isHeld.countDown();
            awaitQuietly(goesOn);
          });
      isHeld.await();
      var receipts = new ArrayList<CompletableFuture<Receipt>>();
      for (int i = 0; i < SqliteHistory.MAX_WAITING; i++) receipts.add(store.begin("" + i));
      CompletableFuture<Receipt> tooMany = store.begin("too many");
      goesOn.countDown();
      assertThat(tooMany)
          .failsWithin(Duration.ofSeconds(30))
          .withThrowableThat()
          .withCauseInstanceOf(HistoryBusyException.class);
      for (CompletableFuture<Receipt> receipt : receipts) receipt.get(30, SECONDS);
      assertThat(store.publish("later")).startsWith(store.epoch());
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A real disk, the commits and syncs of which fail when they are told to. */
  private static final class FailingDisk implements Disk {
    volatile @Nullable SQLiteErrorCode fails;
    volatile boolean syncFails;
    volatile long room = Long.MAX_VALUE;
    final AtomicInteger commits = new AtomicInteger();
    private final AtomicReference<Connection> real = new AtomicReference<>();

    Connection real() {
      return real.get();
    }

    @Override
    public long room(Path file) {
      return room;
    }

    @Override
    public void beforeSync() throws IOException {
      if (syncFails) throw new IOException("planted");
    }

    @Override
    public Connection writer(Connection real) {
      this.real.set(real);
      return proxy(
          Connection.class,
          real,
          (method, args, result) ->
              method.equals("prepareStatement") && args[0].equals("COMMIT")
                  ? commit((PreparedStatement) result)
                  : result);
    }

    private PreparedStatement commit(PreparedStatement real) {
      return (PreparedStatement)
          Proxy.newProxyInstance(
              getClass().getClassLoader(),
              new Class<?>[] {PreparedStatement.class},
              (proxy, method, args) -> {
                if (method.getName().equals("executeUpdate")) {
                  commits.incrementAndGet();
                  if (fails != null) throw new SQLiteException("planted", fails);
                }
                return invoke(real, method, args);
              });
    }

    private interface Result {
      Object of(String method, Object[] args, Object result);
    }

    private static <T> T proxy(Class<T> type, T real, Result result) {
      return type.cast(
          Proxy.newProxyInstance(
              type.getClassLoader(),
              new Class<?>[] {type},
              (proxy, method, args) ->
                  result.of(method.getName(), args, invoke(real, method, args))));
    }

    private static Object invoke(Object real, java.lang.reflect.Method method, Object[] args)
        throws Throwable {
      try {
        return method.invoke(real, args);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }
  }
}
