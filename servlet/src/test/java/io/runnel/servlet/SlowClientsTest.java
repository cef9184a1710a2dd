package io.runnel.servlet;

import static io.runnel.servlet.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who takes too little harms only itself. */
class SlowClientsTest extends ContainerTest {
  SlowClientsTest() {
    super(IMPATIENT);
  }

  @Test
  void anEmitterNeitherWaitsForASlowClientNorKeepsMoreThanItMay() throws Exception {
    var emitters = new LinkedBlockingQueue<Emitter>();
    newSource = request -> emitters::add;
    long slow = streams.statistics().slow();
    try (var stalled = new RawConnection(container.port(), 4096)) {
      stalled.get("/source").until("retry");
      Emitter emitter = emitters.take();
      String kilobyte = "x".repeat(1000);
      // 40 MB are more than any socket takes: nobody is held up, and the client is cut.
      for (int i = 0; i < 40_000; i++) emitter.data(kilobyte);
      await(() -> streams.statistics().slow() == slow + 1);
      assertThat(emitter.isOpen()).isFalse();
    }
    await(() -> streams.statistics().open() == 0);
  }

  @Test
  @Tag("slow")
  void aSourceWaitsForAClientThatTakesNothingUntilThatIsCut() throws Exception {
    var stopped = new CountDownLatch(1);
    newSource =
        request ->
            emitter -> {
              while (emitter.isOpen()) emitter.data("w".repeat(1000));
              stopped.countDown();
            };
    try (var stalled = new RawConnection(container.port(), 4096)) {
      stalled.get("/source").until("data: w");
      // Not for ever: the write timeout ends it.
      assertThat(stopped.await(60, TimeUnit.SECONDS)).isTrue();
    }
    await(() -> streams.statistics().open() == 0);
  }

  @Test
  @Tag("slow")
  void aSubscriberThatStallsIsCutAndTheOthersGetEverything() throws Exception {
    String topic = newTopic();
    long slow = streams.statistics().slow();
    String block = "y".repeat(8000);
    try (var stalled = new RawConnection(container.port(), 4096);
        Received other = open(Protocol.HTTP_1_1, "/events/" + topic)) {
      stalled.get("/events/" + topic).until("runnel.open");
      other.next();
      for (int i = 0; i < 2000; i++) {
        hub.publish(new Topic(topic), Event.of(i + block));
        assertThat(other.nextData()).startsWith(i + "y");
      }
      await(() -> streams.statistics().slow() > slow);
    }
    await(() -> streams.statistics().open() == 0);
  }
}
