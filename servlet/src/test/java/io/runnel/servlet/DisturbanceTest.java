package io.runnel.servlet;

import static io.runnel.servlet.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that leave, streams that are killed and callbacks that throw disturb nobody else. */
@Tag("slow")
class DisturbanceTest extends ContainerTest {
  @ParameterizedTest
  @EnumSource
  void aClientThatLeavesIsNoticedWithinTwoHeartbeatsAndNothingOfItIsLeft(Protocol protocol)
      throws Exception {
    await(() -> streams.statistics().open() == 0);
    BlockingQueue<String> calls = new LinkedBlockingQueue<>();
    var emitters = new LinkedBlockingQueue<Emitter>();
    newSource =
        request ->
            new EventSource() {
              @Override
              public void onOpen(Emitter emitter) {
                calls.add("onOpen");
                emitters.add(emitter);
                try {
                  Thread.sleep(60_000);
                } catch (InterruptedException e) {
                  calls.add("interrupted");
                }
              }

              @Override
              public void onClose() {
                calls.add("onClose");
              }
            };
    Received source = open(protocol, "/source");
    Received topic = open(protocol, "/events/" + newTopic());
    topic.next();
    assertThat(calls.poll(60, TimeUnit.SECONDS)).isEqualTo("onOpen");
    Emitter emitter = emitters.take();
    assertThat(emitter.isOpen()).isTrue();
    assertThat(streams.statistics().open()).isEqualTo(2);
    source.close();
    topic.close();
    // Two heartbeats; the rest is for a machine that stands still meanwhile.
    await(Duration.ofSeconds(2 * HEARTBEAT_SECONDS + 13), () -> streams.statistics().open() == 0);
    await(() -> hub.statistics().subscriptions() == 0);
    assertThat(List.of(calls.take(), calls.take()))
        .containsExactlyInAnyOrder("interrupted", "onClose");
    assertThat(emitter.isOpen()).isFalse();
    emitter.id("1");
    emitter.data("to nobody");
    emitter.comment("nobody");
    emitter.retry(1);
    emitter.close();
    assertThat(calls.poll(100, TimeUnit.MILLISECONDS)).isNull();
  }

  @ParameterizedTest
  @EnumSource
  void whateverThrowsHarmsOnlyItself(Protocol protocol) throws Exception {
    String topic = newTopic();
    try (Received other = open(protocol, "/events/" + topic)) {
      other.next();
      newSource = request -> null;
      assertThat(get(protocol, "/source").statusCode()).isEqualTo(503);
      newSource =
          request -> {
            throw new IllegalStateException("newEventSource throws");
          };
      assertThat(get(protocol, "/source").statusCode()).isEqualTo(500);
      var closed = new AtomicInteger();
      for (Throwable thrown :
          List.of(new IOException("an"), new IllegalStateException("by"), new AssertionError())) {
        newSource = request -> new ThrowingSource(thrown, closed);
        try (Received stream = open(protocol, "/source")) {
          assertThat(stream.nextData()).isEqualTo("before it throws");
          assertThat(stream.endsNow()).isTrue();
        }
      }
      await(() -> closed.get() == 3);
      publish(protocol, topic, "undisturbed");
      assertThat(other.nextData()).isEqualTo("undisturbed");
      await(() -> streams.statistics().open() == 1 && streams.statistics().sources() == 0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whateverElseThrowsOrSendsTooLateDisturbsNobody(Protocol protocol) throws Exception {
    await(() -> streams.statistics().open() == 0);
    String topic = newTopic();
    var closed = new AtomicInteger();
    try (Received other = open(protocol, "/events/" + topic)) {
      other.next();
      newSource =
          request -> {
            throw new IllegalStateException("newEventSource throws");
          };
      for (int i = 0; i < 3; i++) {
        assertThat(get(protocol, "/source").statusCode()).isEqualTo(500);
      }
      newSource =
          request ->
              new EventSource() {
                private volatile Emitter emitter;

                @Override
                public void onOpen(Emitter emitter) {
                  throw new IllegalStateException("onOpen is not called");
                }

                @Override
                public void onResume(Emitter emitter, String lastEventId) throws IOException {
                  this.emitter = emitter;
                  emitter.data("resumed after " + lastEventId);
                  throw new IllegalStateException("onResume throws");
                }

                @Override
                public void onClose(StreamEnd why) {
                  try {
                    emitter.data("too late");
                    emitter.close();
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                  closed.incrementAndGet();
                  throw new AssertionError("onClose throws");
                }
              };
      try (Received stream = open(protocol, "/source", "Last-Event-ID", "7")) {
        assertThat(stream.nextData()).isEqualTo("resumed after 7");
        assertThat(stream.endsNow()).isTrue();
      }
      await(() -> closed.get() == 1);
      // A listener that throws on the lane's own thread, one after the other.
      endListener =
          why -> {
            closed.incrementAndGet();
            throw new IllegalStateException("the listener throws");
          };
      List<Received> both = new ArrayList<>();
      for (int i = 0; i < 4; i++) both.add(open(protocol, "/both"));
      for (Received each : both) each.close();
      await(() -> closed.get() == 5);
      publish(protocol, topic, "undisturbed");
      assertThat(other.nextData()).isEqualTo("undisturbed");
      await(() -> streams.statistics().open() == 1 && streams.statistics().sources() == 0);
    } finally {
      endListener = why -> {};
      emitters.clear();
    }
  }

  private record ThrowingSource(Throwable thrown, AtomicInteger closed) implements EventSource {
    @Override
    public void onOpen(Emitter emitter) throws IOException {
      emitter.data("before it throws");
      if (thrown instanceof IOException e) throw e;
      if (thrown instanceof RuntimeException e) throw e;
      throw (Error) thrown;
    }

    @Override
    public void onClose() {
      closed.incrementAndGet();
      throw new IllegalStateException("onClose throws");
    }
  }

  @Test
  @Tag("slow")
  void aStreamThatIsKilledAtAnyStepDisturbsNobody() throws Exception {
    String topic = newTopic();
    String request = "GET /events/" + topic + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    try (Received other = open(Protocol.HTTP_1_1, "/events/" + topic)) {
      other.next();
      for (int cut = 1; cut <= request.length(); cut += 7) {
        try (var killed = new RawConnection(container.port())) {
          killed.send(request.substring(0, cut).replace("\r", "")).reset();
        }
      }
      for (String seen : List.of("HTTP/1.1 200", "\r\n\r\n", "retry:", "runnel.open", "data:")) {
        try (var killed = new RawConnection(container.port())) {
          killed.send(request.replace("\r", "")).until(seen);
          killed.reset();
        }
      }
      hub.publish(new Topic(topic), Event.of("undisturbed"));
      assertThat(other.nextData()).isEqualTo("undisturbed");
      await(() -> streams.statistics().open() == 1);
    }
    await(() -> streams.statistics().open() == 0);
    assertThat(streams.statistics().gateTimeouts()).isZero();
  }

  @Test
  @Tag("slow")
  void aStreamOfHttp2ThatIsKilledAtAnyStepDisturbsNobody() throws Exception {
    String topic = newTopic();
    byte[] request = RawHttp2.get("/events/" + topic);
    byte[] source = RawHttp2.get("/source");
    newSource = asked -> emitter -> sendUntilItEnds(emitter);
    try (Received other = open(Protocol.HTTP_2, "/events/" + topic)) {
      other.next();
      for (int cut = 1; cut <= request.length; cut += 5) {
        try (var killed = new RawConnection(container.port())) {
          killed.send(Arrays.copyOf(request, cut)).reset();
        }
      }
      for (byte[] asked : List.of(request, source)) {
        for (String seen : List.of("", "retry:", "\n\n")) killAfter(seen, asked, topic);
      }
      hub.publish(new Topic(topic), Event.of("undisturbed"));
      Event last = other.next();
      while (last.type().equals("to be dropped")) last = other.next();
      assertThat(last.data()).isEqualTo("undisturbed");
      await(() -> streams.statistics().open() == 1 && streams.statistics().sources() == 0);
    }
    await(() -> streams.statistics().open() == 0 && hub.statistics().subscriptions() == 0);
    assertThat(streams.statistics().gateTimeouts()).isZero();
  }

  /** In each way that a client of HTTP/2 can go: with and without a word, and against its rules. */
  private void killAfter(String seen, byte[] request, String topic) throws IOException {
    List<byte[]> ways =
        List.of(
            new byte[0],
            RawHttp2.cancel(),
            Arrays.copyOf(RawHttp2.cancel(), 11),
            RawHttp2.goAway(),
            RawHttp2.brokenWindowUpdate(),
            RawHttp2.ping());
    for (byte[] way : ways) {
      try (var killed = new RawConnection(container.port())) {
        killed.send(request);
        if (!seen.isEmpty()) killed.until(seen);
        hub.publish(new Topic(topic), Event.of("to be dropped", "x".repeat(50_000)));
        killed.send(way).reset();
      }
    }
  }

  private static void sendUntilItEnds(Emitter emitter) throws IOException {
    while (emitter.isOpen()) emitter.data("z".repeat(3000));
  }
}
