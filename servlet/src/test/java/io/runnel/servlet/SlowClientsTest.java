package io.runnel.servlet;

import static io.runnel.servlet.Waiting.await;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who takes too little harms only itself. */
class SlowClientsTest extends ContainerTest {
  /** As on a slow line: Linux would take megabytes on loopback for a client that reads nothing. */
  private static final int SEND_BUFFER = 64 << 10;

  private static final int PIECE = 25_000;

  private static final Event LARGE =
      Event.of(IntStream.range(0, 100_000).mapToObj("%09d,"::formatted).collect(joining()));

  SlowClientsTest() {
    super(IMPATIENT, SEND_BUFFER);
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

  /** It would be cut again whenever it came back, and never get past that event. */
  @Test
  @Tag("slow")
  void whoTakesALargeEventForLongerThanTheWriteTimeoutIsNotCut() throws Exception {
    String topic = newTopic();
    newSource = request -> emitters::add;
    long slow = streams.statistics().slow();
    long heldUp = hub.statistics().heldUp();
    try (var stream = new RawConnection(container.port(), 32_768);
        var emitted = new RawConnection(container.port(), 32_768);
        var webSocket = new RawConnection(container.port(), 32_768)) {
      var readers = new ArrayList<>(List.of(stream, emitted));
      stream.get("/events/" + topic).until("runnel.open");
      emitted.get("/source").until("retry");
      // Jetty tells of whole messages only.
      if (each != Containers.JETTY) {
        readers.add(webSocket);
        webSocket.get("/events/" + topic, WebSocketTest.HANDSHAKE).until("runnel.open");
      }
      hub.publish(new Topic(topic), LARGE).join();
      Emitter emitter = emitters.take();
      emitter.send(LARGE);
      await(() -> hub.statistics().heldUp() == heldUp + readers.size() - 1);
      for (int i = 0; i < 38; i++) {
        Thread.sleep(250);
        for (RawConnection reader : readers) reader.read(PIECE);
      }
      hub.publish(new Topic(topic), Event.of("the next"));
      emitter.data("the next");
      for (RawConnection reader : readers) {
        assertThat(withoutChunks(reader.until("the next"))).contains(LARGE.data());
      }
      assertThat(streams.statistics().slow()).isEqualTo(slow);
    }
    await(() -> streams.statistics().open() == 0);
  }

  private static String withoutChunks(String received) {
    return received.replaceAll("\\r\\n[0-9a-fA-F]+\\r\\n", "");
  }

  @Test
  @Tag("slow")
  void whoTakesNothingOfALargeEventIsCutAtTheWriteTimeout() throws Exception {
    String topic = newTopic();
    newSource = request -> emitters::add;
    long slow = streams.statistics().slow();
    try (var stream = new RawConnection(container.port(), 32_768);
        var emitted = new RawConnection(container.port(), 32_768);
        var webSocket = new RawConnection(container.port(), 32_768)) {
      stream.get("/events/" + topic).until("runnel.open");
      emitted.get("/source").until("retry");
      webSocket.get("/events/" + topic, WebSocketTest.HANDSHAKE).until("runnel.open");
      hub.publish(new Topic(topic), LARGE).join();
      emitters.take().send(LARGE);
      await(() -> streams.statistics().slow() == slow + 3);
    }
    await(() -> streams.statistics().open() == 0);
  }
}
