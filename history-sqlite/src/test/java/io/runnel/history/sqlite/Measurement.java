package io.runnel.history.sqlite;

import static io.runnel.history.sqlite.Store.ORDERS;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.History;
import io.runnel.engine.Retention;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/** What {@code docs/decisions/sqlite-history.md} quotes; run by hand, in an empty directory. */
final class Measurement {
  private static final byte[] BODY = new byte[128];
  private static final Event EVENT = Event.of("x".repeat(128));

  private Measurement() {}

  /** {@code args}: the directory, what to measure, and how many events. */
  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[0]);
    Files.createDirectories(directory);
    int count = args.length > 2 ? Integer.parseInt(args[2]) : 0;
    switch (args[1]) {
      case "rate" -> {
        sync(directory);
        publishers(directory.resolve("rate"));
        paced(directory.resolve("paced"));
        segment(directory);
        sync(directory);
      }
      case "size" -> size(directory.resolve("size"), count);
      case "start" -> start(directory.resolve("start-" + count), count);
      default -> throw new IllegalArgumentException(args[1]);
    }
  }

  /** The disk alone: 16 KiB written over what is there, and synchronised. */
  private static void sync(Path directory) throws IOException {
    try (FileChannel file =
        FileChannel.open(
            directory.resolve("raw"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.allocate(16 << 20), 0);
      file.force(true);
      long[] nanos = new long[2000];
      long begin = System.nanoTime();
      int n = 0;
      for (; n < nanos.length && System.nanoTime() - begin < 4e9; n++) {
        long start = System.nanoTime();
        file.write(ByteBuffer.allocate(16 << 10), (n % 1000) * (16L << 10));
        file.force(false);
        nanos[n] = System.nanoTime() - start;
      }
      say("raw fdatasync of 16 KiB", n, System.nanoTime() - begin, Arrays.copyOf(nanos, n));
    }
  }

  private static void publishers(Path directory) throws Exception {
    try (var store = new Store(directory)) {
      for (int topics : new int[] {1, 64}) {
        for (int window : new int[] {1, 16}) publishers(store, topics, window);
      }
    }
  }

  /** 64 threads, each with so many publishes on their way. */
  private static void publishers(Store store, int topics, int window) throws Exception {
    var count = new LongAdder();
    var stop = new AtomicBoolean();
    Thread[] threads = new Thread[64];
    for (int t = 0; t < threads.length; t++) {
      Topic topic = new Topic("t" + t % topics);
      threads[t] =
          new Thread(
              () -> {
                var room = new Semaphore(window);
                while (!stop.get()) {
                  room.acquireUninterruptibly();
                  store
                      .hub
                      .publish(topic, EVENT)
                      .whenComplete(
                          (receipt, why) -> {
                            room.release();
                            if (why == null) count.increment();
                          });
                }
                room.acquireUninterruptibly(window);
              });
      threads[t].start();
    }
    Thread.sleep(2000);
    long begin = System.nanoTime();
    long before = count.sum();
    Thread.sleep(6000);
    long done = count.sum() - before;
    long nanos = System.nanoTime() - begin;
    stop.set(true);
    for (Thread thread : threads) thread.join();
    say("64 threads, window " + window + ", " + topics + " topics", done, nanos, null);
  }

  /** 1,000 a second, one after the other on a clock. */
  private static void paced(Path directory) throws Exception {
    try (var store = new Store(directory)) {
      int n = 15_000;
      long[] nanos = new long[n];
      CompletableFuture<?>[] all = new CompletableFuture<?>[n];
      long begin = System.nanoTime();
      for (int i = 0; i < n; i++) {
        long due = begin + i * 1_000_000L;
        while (System.nanoTime() < due) java.util.concurrent.locks.LockSupport.parkNanos(50_000);
        int index = i;
        all[i] =
            store.hub.publish(ORDERS, EVENT).thenRun(() -> nanos[index] = System.nanoTime() - due);
      }
      CompletableFuture.allOf(all).join();
      say("1,000 a second", n, System.nanoTime() - begin, Arrays.copyOfRange(nanos, 3000, n));
    }
  }

  /** The rough rival: a file to which batches of 64 events are appended, synchronised. */
  private static void segment(Path directory) throws IOException {
    for (boolean preallocated : new boolean[] {false, true}) {
      Path path = directory.resolve("segment" + preallocated);
      try (FileChannel file =
          FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        if (preallocated) {
          for (int i = 0; i < 64; i++) file.write(ByteBuffer.allocate(1 << 20), (long) i << 20);
          file.force(true);
        }
        long begin = System.nanoTime();
        long position = 0;
        long events = 0;
        var crc = new java.util.zip.CRC32C();
        while (System.nanoTime() - begin < 5e9 && position < 60 << 20) {
          ByteBuffer batch = ByteBuffer.allocate(64 * (BODY.length + 32));
          for (int i = 0; i < 64; i++) {
            crc.reset();
            crc.update(BODY);
            batch.putLong(events++).putLong(0).putLong(crc.getValue()).putLong(0).put(BODY);
          }
          position += file.write(batch.flip(), position);
          file.force(false);
        }
        say(
            "segment file, 64 a sync, " + (preallocated ? "written over" : "growing"),
            events,
            System.nanoTime() - begin,
            null);
      }
    }
  }

  /** Publishes through a bounded history; says how large its files become. */
  private static void size(Path directory, int count) throws Exception {
    long maxBytes = 16 << 20;
    var retention = new Retention(1_000_000, 1L << 40, Duration.ofDays(1));
    try (var store = new Store(directory, retention, maxBytes)) {
      for (int i = 0; i < count; ) {
        i = fill(store, 100, i, Math.min(count, i + 100_000));
        System.out.printf(
            "after %,d events: database %,d, log %,d bytes for at most %,d%n",
            i,
            Files.size(directory.resolve("events.db")),
            Files.size(directory.resolve("events.db-wal")),
            maxBytes);
      }
    }
  }

  private static int fill(Store store, int topics, int from, int to) throws Exception {
    var room = new Semaphore(8000);
    Event event = Event.of("x".repeat(100));
    for (int i = from; i < to; i++) {
      room.acquire();
      store
          .hub
          .publish(new Topic("t" + i % topics), event)
          .whenComplete((receipt, why) -> room.release());
    }
    room.acquire(8000);
    return to;
  }

  /** Fills, starts anew, and resumes near the end, in the middle and at the beginning. */
  private static void start(Path directory, int count) throws Exception {
    long begin = System.nanoTime();
    int topics = 100;
    try (var store = new Store(directory)) {
      fill(store, topics, (int) store.lastOffset(), count);
    }
    System.out.printf("filled %,d in %.1f s%n", count, (System.nanoTime() - begin) / 1e9);
    for (int i = 0; i < 3; i++) {
      begin = System.nanoTime();
      try (var store = new Store(directory)) {
        System.out.printf(
            "start with %,d events, %d topics: %.0f ms%n",
            store.lastOffset(), topics, (System.nanoTime() - begin) / 1e6);
        for (double where : new double[] {0, 0.5, 0.999}) resume(store, (long) (count * where));
      }
    }
  }

  private static void resume(Store store, long after) throws Exception {
    long[] nanos = new long[500];
    for (int i = 0; i < nanos.length; i++) {
      var answer = new CompletableFuture<Integer>();
      long begin = System.nanoTime();
      store.history.read(
          List.of(new Topic("t7")),
          Math.max(0, after - i * 37L % 5000),
          store.lastOffset(),
          2000,
          new History.ReadAnswer() {
            @Override
            public void read(List<EncodedEvent> events, long through, long[] trimmedThrough) {
              answer.complete(events.size());
            }

            @Override
            public void failed(IOException failure) {
              answer.completeExceptionally(failure);
            }
          });
      answer.get();
      nanos[i] = System.nanoTime() - begin;
    }
    Arrays.sort(nanos);
    System.out.printf("  2,000 bytes after %,d: median %d us%n", after, nanos[250] / 1000);
  }

  private static void say(String what, long count, long nanos, long[] each) {
    System.out.printf("%-45s %,9.0f/s", what, count * 1e9 / nanos);
    if (each != null) {
      Arrays.sort(each);
      System.out.printf(
          "  median %.2f ms, p99 %.2f ms, max %.2f ms",
          each[each.length / 2] / 1e6,
          each[each.length * 99 / 100] / 1e6,
          each[each.length - 1] / 1e6);
    }
    System.out.println();
  }
}
