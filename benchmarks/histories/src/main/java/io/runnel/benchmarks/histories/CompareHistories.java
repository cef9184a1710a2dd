package io.runnel.benchmarks.histories;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.History;
import io.runnel.engine.Hub;
import io.runnel.engine.HubSettings;
import io.runnel.engine.Retention;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicRules;
import io.runnel.eventstream.Event;
import io.runnel.history.sqlite.SqliteHistory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Publishes to each history through a hub, restarts it, and reads from it. */
final class CompareHistories {
  private static final int THREADS = 64;
  private static final int KEPT_PER_TOPIC = 100_000;
  private static final Event EVENT = Event.of("x".repeat(128));
  private static final List<String> NAMES = List.of("sqlite", "rocksdb", "segment");

  private CompareHistories() {}

  /** {@code args}: an empty directory, and the seconds of a row; 5 unless said otherwise. */
  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[0]);
    Files.createDirectories(directory);
    double seconds = args.length > 1 ? Double.parseDouble(args[1]) : 5;
    sync(directory);
    for (int topics : new int[] {1, 64}) {
      for (int window : new int[] {1, 16}) {
        for (String name : NAMES) {
          Path data = directory.resolve(name + topics + "-" + window);
          try (Hub hub = hub(open(name, data))) {
            publish(name, hub, topics, window, seconds);
          }
          System.out.printf("    %,d MB on disk%n", size(data) >> 20);
          delete(data);
        }
      }
    }
    sync(directory);
    for (String name : NAMES) restart(name, directory.resolve(name), (int) (200_000 * seconds));
    delete(directory);
  }

  private static History open(String name, Path data) throws IOException {
    return switch (name) {
      case "rocksdb" -> new RocksHistory(data, KEPT_PER_TOPIC);
      case "segment" -> new SegmentHistory(data);
      default -> {
        var retention = new Retention(KEPT_PER_TOPIC, 1L << 40, Duration.ofDays(1));
        yield new SqliteHistory(
            data,
            TopicRules.always(retention),
            1L << 40,
            InstantSource.system(),
            new SplittableRandom());
      }
    };
  }

  private static Hub hub(History history) throws IOException {
    return new Hub(HubSettings.DEFAULT, history, InstantSource.system(), new SplittableRandom());
  }

  /** The disk alone: 16 KiB written over what is there, and synchronised. */
  private static void sync(Path directory) throws IOException {
    try (FileChannel file =
        FileChannel.open(
            directory.resolve("raw"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.allocate(16 << 20), 0);
      file.force(true);
      ByteBuffer block = ByteBuffer.allocateDirect(16 << 10);
      long begin = System.nanoTime();
      int n = 0;
      for (; System.nanoTime() - begin < 3e9; n++) {
        file.write(block.clear(), n % 1000 * (16L << 10));
        file.force(false);
      }
      System.out.printf(
          "raw fdatasync of 16 KiB: %,.0f/s%n", n * 1e9 / (System.nanoTime() - begin));
    }
  }

  // ---------------------------------------------------------------- publishing

  private static void publish(String name, Hub hub, int topics, int window, double length)
      throws Exception {
    var count = new LongAdder();
    var stop = new AtomicBoolean();
    Thread[] threads = new Thread[THREADS];
    for (int t = 0; t < THREADS; t++) {
      Topic topic = new Topic("t" + t % topics);
      threads[t] = new Thread(() -> publish(hub, topic, window, count, stop));
      threads[t].start();
    }
    Thread.sleep((long) (600 * length));
    long before = count.sum();
    long cpu = cpu();
    long begin = System.nanoTime();
    Thread.sleep((long) (1000 * length));
    long done = count.sum() - before;
    double seconds = (System.nanoTime() - begin) / 1e9;
    double micros = (cpu() - cpu) / 1e3 / done;
    stop.set(true);
    for (Thread thread : threads) thread.join();
    System.out.printf(
        "%-8s %2d threads x %2d, %2d topics: %,9.0f/s, %.1f us of CPU each%n",
        name, THREADS, window, topics, done / seconds, micros);
  }

  private static void publish(
      Hub hub, Topic topic, int window, LongAdder count, AtomicBoolean stop) {
    var room = new Semaphore(window);
    while (!stop.get()) {
      room.acquireUninterruptibly();
      var unused =
          hub.publish(topic, EVENT)
              .whenComplete(
                  (receipt, failure) -> {
                    room.release();
                    if (failure == null) count.increment();
                  });
    }
    room.acquireUninterruptibly(window);
  }

  private static long cpu() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getProcessCpuTime()
        : 0;
  }

  // ---------------------------------------------------------------- a start

  private static void restart(String name, Path data, int count) throws Exception {
    try (Hub hub = hub(open(name, data))) {
      var room = new Semaphore(8000);
      for (int i = 0; i < count; i++) {
        room.acquire();
        var unused =
            hub.publish(new Topic("t" + i % 64), EVENT)
                .whenComplete((receipt, failure) -> room.release());
      }
      room.acquire(8000);
    }
    long begin = System.nanoTime();
    History history = open(name, data);
    try (Hub hub = hub(history)) {
      long started = System.nanoTime() - begin;
      long[] nanos = new long[1001];
      var random = new SplittableRandom(1);
      for (int i = 0; i < nanos.length; i++) {
        long after = random.nextLong(count);
        begin = System.nanoTime();
        read(history, new Topic("t" + random.nextInt(64)), after, count);
        nanos[i] = System.nanoTime() - begin;
      }
      Arrays.sort(nanos);
      System.out.printf(
          "%-8s start with %,d events %,.0f ms; 2,000 bytes after a random place: median %,d us,"
              + " p99 %,d us; %,d MB on disk%n",
          name, count, started / 1e6, nanos[500] / 1000, nanos[990] / 1000, size(data) >> 20);
      if (hub.failure() != null) throw new IllegalStateException(hub.failure());
    }
    delete(data);
  }

  private static void read(History history, Topic topic, long after, long through)
      throws Exception {
    if (history instanceof GroupCommitHistory rival) {
      rival.read(topic, after, 2000);
      return;
    }
    var answer = new CompletableFuture<@Nullable Void>();
    history.read(
        List.of(topic),
        after,
        through,
        2000,
        new History.ReadAnswer() {
          @Override
          public void read(List<EncodedEvent> events, long through, long[] trimmedThrough) {
            answer.complete(null);
          }

          @Override
          public void failed(IOException failure) {
            answer.completeExceptionally(failure);
          }
        });
    answer.get();
  }

  // ---------------------------------------------------------------- files

  private static long size(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
