package io.runnel.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.eventstream.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the simulation cannot show: the same promise where threads really run at once. */
class HubThreadsTest {
  private static final int PUBLISHERS = 3;
  private static final int EVENTS = 3_000;
  private static final int LANES = 3;

  private final ExecutorService publishers = Executors.newFixedThreadPool(PUBLISHERS + 1);
  private final List<ExecutorService> threads = new ArrayList<>();

  @AfterEach
  void stop() {
    publishers.shutdownNow();
    threads.forEach(ExecutorService::shutdownNow);
  }

  @Test
  void everybodySeesEveryEventOnceAndInOneOrder() throws Exception {
    Hub hub = Hub.inMemory();
    List<Counter> counters = new ArrayList<>();
    List<Lane> lanes = new ArrayList<>();
    for (int i = 0; i < LANES; i++) {
      threads.add(Executors.newSingleThreadExecutor());
      lanes.add(hub.newLane(threads.get(i)));
      subscribe(lanes, i, counters, "a");
      subscribe(lanes, i, counters, "**");
    }
    List<CompletableFuture<Void>> done = new ArrayList<>();
    for (int i = 0; i < PUBLISHERS; i++) {
      String name = "p" + i;
      done.add(CompletableFuture.runAsync(() -> publish(hub, name), publishers));
    }
    done.add(CompletableFuture.runAsync(() -> tick(hub), publishers));
    for (int i = 0; i < 20; i++) {
      subscribe(lanes, i % LANES, counters, i % 2 == 0 ? "a" : "a b");
      Thread.yield();
    }
    for (CompletableFuture<Void> each : done) each.get(60, SECONDS);
    List<String> first = counters.get(0).all.get(60, SECONDS);
    for (Counter counter : counters) assertThat(counter.all.get(60, SECONDS)).isEqualTo(first);
    assertThat(hub.statistics().gaps()).isZero();
  }

  private void subscribe(List<Lane> lanes, int lane, List<Counter> counters, String topics) {
    var counter = new Counter();
    counters.add(counter);
    List<TopicPattern> patterns =
        List.of(topics.split(" ")).stream().map(TopicPattern::new).toList();
    threads
        .get(lane)
        .execute(
            () ->
                lanes.get(lane).subscribe(SubscriptionRequest.of(patterns, Start.OLDEST), counter));
  }

  /** Each publish begins after the one before was acknowledged. */
  private static void publish(Hub hub, String name) {
    for (int i = 0; i < EVENTS; i++) {
      hub.publish(new Topic("a"), Event.of(name + "-" + i)).join();
      if (i % 8 == 0) hub.publish(new Topic(name + "/" + i), Event.of("")).join();
    }
  }

  private static void tick(Hub hub) {
    for (int i = 0; i < 200; i++) hub.tick();
  }

  /** Collects what is published to the topic a. */
  private static final class Counter implements EventSink {
    private final CompletableFuture<List<String>> all = new CompletableFuture<>();
    private final List<String> data = new ArrayList<>();

    @Override
    public boolean open(Opening opening) {
      return true;
    }

    @Override
    public boolean write(EventBatch batch) {
      for (String line : new String(batch.toByteArray(), UTF_8).split("\n")) {
        if (line.startsWith("data: p")) data.add(line);
      }
      if (data.size() >= PUBLISHERS * EVENTS) all.complete(List.copyOf(data));
      return true;
    }

    @Override
    public void end(EndReason reason) {
      all.completeExceptionally(new AssertionError("ended: " + reason));
    }
  }
}
