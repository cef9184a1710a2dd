package io.runnel.examples.movement;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.EventBatch;
import io.runnel.engine.EventSink;
import io.runnel.engine.Hub;
import io.runnel.engine.Opening;
import io.runnel.engine.Start;
import io.runnel.engine.SubscriptionRequest;
import io.runnel.engine.SubscriptionRequest.Heartbeat;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicPattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WalkerTest {
  private static final Topic TOPIC = new Topic("movement");

  private final Hub hub = Hub.inMemory();
  private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);
  private final ExecutorService laneThread = Executors.newSingleThreadExecutor();
  private final BlockingQueue<String> blocks = new LinkedBlockingQueue<>();

  @BeforeEach
  void subscribe() throws Exception {
    var lane = hub.newLane(laneThread);
    var request =
        new SubscriptionRequest(
            List.of(TopicPattern.of(TOPIC)), Start.NOW, false, Heartbeat.COMMENT);
    laneThread.submit(() -> lane.subscribe(request, new Recorder())).get();
  }

  @AfterEach
  void stop() {
    scheduler.shutdownNow();
    hub.close();
    laneThread.shutdownNow();
  }

  @Test
  void theFirstPositionComesAtOnceAndThenOneStepEachPeriod() throws Exception {
    try (var walker = walker(20)) {
      walker.start();
      assertThat(take(6)).isEqualTo(firstBlocks(6));
    }
  }

  @Test
  void aNewPeriodCountsAtOnce() throws Exception {
    try (var walker = walker(60_000)) {
      walker.start();
      take(1);
      walker.period(new Period(20));
      assertThat(take(3)).isEqualTo(firstBlocks(4).subList(1, 4));
    }
  }

  @Test
  void aWalkerThatIsClosedPlansNoStep() throws Exception {
    scheduler.setRemoveOnCancelPolicy(true);
    var walker = walker(60_000);
    walker.start();
    assertThat(scheduler.getQueue()).hasSize(1);
    walker.close();
    walker.period(new Period(20));
    assertThat(scheduler.getQueue()).isEmpty();
  }

  private Walker walker(int period) {
    var walk = new RandomWalk(new Random(1));
    return new Walker(hub, scheduler, TOPIC, walk, new Period(period));
  }

  private static List<String> firstBlocks(int count) {
    var walk = new RandomWalk(new Random(1));
    List<String> blocks = new ArrayList<>();
    for (Position at = walk.position(); blocks.size() < count; at = walk.step()) {
      blocks.add("id: " + at + "\ndata: " + at + "\n\n");
    }
    return blocks;
  }

  private List<String> take(int count) throws InterruptedException {
    List<String> taken = new ArrayList<>();
    while (taken.size() < count) {
      String block = blocks.poll(30, TimeUnit.SECONDS);
      assertThat(block).as("block %d", taken.size()).isNotNull();
      taken.add(block);
    }
    return taken;
  }

  private final class Recorder implements EventSink {
    @Override
    public boolean open(Opening opening) {
      return true;
    }

    @Override
    public boolean write(EventBatch batch) {
      for (String block : new String(batch.toByteArray(), UTF_8).split("(?<=\n\n)")) {
        if (block.startsWith("id")) blocks.add(block);
      }
      return true;
    }

    @Override
    public void end(EndReason reason) {}
  }
}
