package io.runnel.servlet;

import static io.runnel.servlet.Waiting.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a source or an emitter sends is what its client gets. */
class SourcesTest extends ContainerTest {
  @ParameterizedTest
  @EnumSource
  void aBoxOf2013WalksAndResumesWhereItStood(Protocol protocol) throws Exception {
    Event last;
    try (Received box = open(protocol, "/box")) {
      box.next();
      last = box.next();
      assertThat(last.data()).matches("\\d+,\\d+").isEqualTo(last.id());
    }
    try (Received again = open(protocol, "/box", "Last-Event-ID", last.id())) {
      assertThat(again.next()).isEqualTo(new Event("resumed", last.data(), ""));
      assertThat(again.next().data()).matches("\\d+,\\d+");
    }
    try (Received queried = open(protocol, "/box?last_event_id=3,4")) {
      assertThat(queried.next().data()).isEqualTo("3,4");
    }
    // Loops that nothing ends but the end of their stream leave no thread behind.
    await(() -> streams.statistics().sources() == 0);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("slow")
  void hostileTextArrivesAsItWasMeant(Protocol protocol) throws Exception {
    var random = new Random(20261121);
    List<Event> sent = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      String type = HostileText.line(random);
      sent.add(new Event(type, HostileText.text(random), HostileText.id(random)));
    }
    newSource =
        request ->
            emitter -> {
              for (Event event : sent) {
                emitter.comment(event.data());
                emitter.retry(1000);
                emitter.id(String.valueOf(event.id()));
                emitter.event(event.type(), event.data());
              }
              emitter.close();
            };
    String topic = newTopic();
    try (Received emitted = open(protocol, "/source");
        Received published = open(protocol, "/events/" + topic + "?open=no&from=oldest")) {
      for (Event event : sent) {
        assertThat(emitted.next()).isEqualTo(event);
      }
      assertThat(emitted.endsNow()).isTrue();
      for (Event event : sent) {
        Event own = event.withId("i" + sent.indexOf(event)); // the hub is strict with ids
        hub.publish(new Topic(topic), own);
        assertThat(published.next()).isEqualTo(own);
      }
    }
  }

  /** The container would refuse the request, and an EventSource give up for good. */
  @Test
  void anIdThatNoClientCouldSendBackIsRefused() throws Exception {
    newSource =
        request ->
            emitter -> {
              for (String id : new String[] {"\u0001", "\u001b[31m", "a "}) {
                assertThatIllegalArgumentException().isThrownBy(() -> emitter.id(id));
                assertThatIllegalArgumentException()
                    .isThrownBy(() -> emitter.send(new Event("x", "x", id)))
                    .withMessageContaining("unfit for a header");
              }
              emitter.event("all", "refused");
              emitter.close();
            };
    try (Received source = open(Protocol.HTTP_1_1, "/source")) {
      assertThat(source.next()).isEqualTo(new Event("all", "refused", ""));
    }
  }

  @ParameterizedTest
  @EnumSource
  @Tag("slow")
  void aSourceThatSendsMoreThanThereIsRoomForWaitsOnItsOwnThread(Protocol protocol)
      throws Exception {
    int events = 5_000;
    newSource =
        request ->
            emitter -> {
              for (int i = 0; i < events; i++) emitter.data(i + "z".repeat(1000));
              emitter.close();
            };
    try (Received stream = open(protocol, "/source")) {
      for (int i = 0; i < events; i++) assertThat(stream.nextData()).startsWith(i + "z");
      assertThat(stream.endsNow()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void blocksOfManyThreadsAreNeverMixed(Protocol protocol) throws Exception {
    int threads = 8;
    int events = 500;
    newSource =
        request ->
            emitter -> {
              for (int t = 0; t < threads; t++) {
                int thread = t;
                new Thread(() -> sendMany(emitter, thread, events)).start();
              }
            };
    try (Received stream = open(protocol, "/source")) {
      int[] seen = new int[threads];
      for (int i = 0; i < threads * events; i++) {
        Event event = stream.next();
        String[] said = event.data().split("\n", -1);
        int thread = Integer.parseInt(said[0]);
        assertThat(said[1]).isEqualTo(Integer.toString(seen[thread]++));
        assertThat(event.id()).isEqualTo(said[0] + "-" + said[1]);
        assertThat(event.type()).isEqualTo("t" + thread);
        assertThat(said[2]).isEqualTo("x".repeat(thread * 7));
      }
    }
  }

  private static void sendMany(Emitter emitter, int thread, int events) {
    try {
      for (int i = 0; i < events; i++) {
        emitter.id(thread + "-" + i);
        if (i % 3 == 0) emitter.comment("from\n" + thread);
        emitter.event("t" + thread, thread + "\n" + i + "\n" + "x".repeat(thread * 7));
        if (i % 50 == 0) Thread.sleep(1);
      }
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStreamOfTopicsCarriesWhatIsSentToItAlone(Protocol protocol) throws Exception {
    await(() -> streams.statistics().open() == 0);
    Received anna = open(protocol, "/both");
    Emitter toAnna = emitters.take();
    try (anna;
        Received bert = open(protocol, "/both")) {
      Emitter toBert = emitters.take();
      anna.next();
      bert.next();
      hub.publish(new Topic("both"), Event.of("to all"));
      toAnna.send(Event.of("private", "to one"));
      toBert.data("to one");
      assertThat(List.of(anna.nextData(), anna.nextData()))
          .containsExactlyInAnyOrder("to all", "to one");
      assertThat(List.of(bert.nextData(), bert.nextData()))
          .containsExactlyInAnyOrder("to all", "to one");
      toBert.close();
      assertThat(bert.endsNow()).isTrue();
      // One that is cut for its private events leaves no subscription behind.
      byte[] block = new byte[100_000];
      Arrays.fill(block, (byte) 'v');
      String large = new String(block, UTF_8);
      for (int i = 0; i < 1000; i++) toAnna.data(large);
      await(() -> !toAnna.isOpen());
    }
    await(() -> hub.statistics().subscriptions() == 0 && streams.statistics().open() == 0);
  }
}
