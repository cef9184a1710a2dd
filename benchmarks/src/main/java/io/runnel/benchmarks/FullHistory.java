package io.runnel.benchmarks;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.runnel.engine.Hub;
import io.runnel.engine.Lane;
import io.runnel.engine.MemoryHistory;
import io.runnel.engine.Start;
import io.runnel.engine.SubscriptionRequest;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.io.PrintStream;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Publishes to many topics of one subscriber each until a history in memory is full, and on: what a
 * publish costs its thread and the collector, and for how long nothing else could be done.
 *
 * <p>{@code java FLAGS -cp benchmarks.jar io.runnel.benchmarks.FullHistory [TOPICS [CHARACTERS
 * [SECONDS]]]}, by default 10000, 128 and 40; a line for each tenth of the time.
 */
public final class FullHistory {
  private static final int PARTS = 10;
  private static final int AT_ONCE = 64;

  private final ArrayDeque<Runnable> turns = new ArrayDeque<>();
  private final Hub hub = Hub.inMemory();
  private final SplittableRandom random = new SplittableRandom(1);
  private final int topics;
  private final String data;

  private FullHistory(int topics, int characters) {
    this.topics = topics;
    data = "x".repeat(characters);
    Lane lane = hub.newLane(turns::add);
    for (int i = 0; i < topics; i++) {
      lane.subscribe(SubscriptionRequest.of(topic(i), Start.NOW), new Taker());
    }
  }

  /** Measures, and prints to standard output. */
  public static void main(String[] arguments) {
    int topics = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 10_000;
    int characters = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 128;
    int seconds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 40;
    var measured = new FullHistory(topics, characters);
    for (int part = 0; part < PARTS; part++) {
      measured.print(SECONDS.toNanos(seconds) / PARTS, System.out);
    }
  }

  private void print(long nanos, PrintStream out) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long cpu = threads.getCurrentThreadCpuTime();
    long collected = collectorMillis();
    long start = System.nanoTime();
    long longest = 0;
    long published = 0;
    for (long now = start, before; now - start < nanos; ) {
      before = now;
      publishSome();
      published += AT_ONCE;
      now = System.nanoTime();
      longest = Math.max(longest, now - before);
    }
    out.printf(
        Locale.ROOT,
        "%,d kept (%d of %d MiB): %.2f µs of processor and %.2f of collector a publish,"
            + " longest pause %.1f ms%n",
        hub.statistics().history().events(),
        hub.statistics().history().bytes() >> 20,
        MemoryHistory.DEFAULT_MAX_BYTES >> 20,
        (threads.getCurrentThreadCpuTime() - cpu) / 1e3 / published,
        (collectorMillis() - collected) * 1e3 / published,
        longest / 1e6);
  }

  /** As many as come between two turns of a busy loop. */
  private void publishSome() {
    for (int i = 0; i < AT_ONCE; i++) {
      hub.publish(topic(random.nextInt(topics)), Event.of(data)).join();
    }
    while (!turns.isEmpty()) turns.remove().run();
  }

  private static Topic topic(int number) {
    return new Topic("t" + number);
  }

  private static long collectorMillis() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionTime)
        .sum();
  }
}
