package io.runnel.spring;

import static io.runnel.spring.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.runnel.eventstream.Event;
import io.runnel.servlet.EventStreams;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** {@link RunnelEmitter} in a real Boot application, over real sockets. */
class RunnelEmitterTest {
  private static MvcApp app;

  @BeforeAll
  static void start() {
    app = new MvcApp("--runnel.heartbeat=1s");
  }

  @AfterAll
  static void stop() {
    app.close();
  }

  private static SseEmitter emitter(String name) throws Exception {
    eventually(() -> assertThat(app.streams().emitters).containsKey(name));
    return app.streams().emitters.get(name);
  }

  @Test
  void codeThatKeepsSseEmittersInAMapSendsThroughThem() throws Exception {
    try (Wire anna = app.get("/register/anna");
        Wire ben = app.get("/register/ben")) {
      assertThat(anna.header("Content-Type")).startsWith("text/event-stream");
      assertThat(anna.header("Cache-Control")).isEqualTo("no-store, no-transform");
      emitter("anna").send(SseEmitter.event().name("hi").id("1").data("for anna"));
      emitter("ben").send("for ben");
      assertThat(anna.next()).isEqualTo(new Event("hi", "for anna", "1"));
      assertThat(ben.next()).isEqualTo(new Event("message", "for ben", ""));
    }
  }

  @Test
  void whatWasSentBeforeTheControllerReturnedComesFirstAndWhole() throws Exception {
    try (Wire wire = app.get("/early")) {
      wire.toEnd();
      assertThat(wire.header("X-Shop")).isEqualTo("open");
      assertThat(wire.take(2))
          .containsExactly(
              new Event("message", "first", ""),
              new Event(
                  "placed",
                  "{\"number\":1,\"item\":\"tea\",\"placedAt\":\"1970-01-01T00:00:00Z\"}\n"
                      + "second line",
                  "7"));
      assertThat(wire.comments).containsExactly("a", "b");
      assertThat(wire.reconnectionTimes).contains(Duration.ofMillis(1234));
    }
  }

  @Test
  void anErrorBeforeTheStreamBeganIsAnsweredByTheApplicationsErrorPage() throws Exception {
    try (Wire wire = app.get("/broken")) {
      assertThat(wire.status()).isEqualTo(500);
    }
  }

  @Test
  void completeEndsTheStreamAfterAllThatWasSent() throws Exception {
    try (Wire wire = app.get("/register/ends")) {
      SseEmitter emitter = emitter("ends");
      for (int i = 0; i < 100; i++) emitter.send("n" + i);
      emitter.complete();
      wire.toEnd();
      assertThat(wire.data(100)).startsWith("n0", "n1").endsWith("n99");
      eventually(() -> assertThat(app.streams().called).contains("completed ends"));
      assertThat(app.streams().called).noneMatch(call -> call.startsWith("failed ends"));
      assertThatThrownBy(() -> emitter.send("late")).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aClientThatLeavesIsToldOfOnceAndItsEmitterThrowsForListsThatWaitForThat() throws Exception {
    Wire wire = app.get("/register/leaves");
    SseEmitter emitter = emitter("leaves");
    wire.cut();
    eventually(
        () -> {
          assertThatThrownBy(() -> emitter.send("anybody?")).isInstanceOf(IOException.class);
          assertThat(app.streams().called).contains("failed leaves LEFT", "completed leaves");
        });
    assertThat(app.streams().emitters).doesNotContainKey("leaves");
    assertThat(app.streams().called).containsOnlyOnce("completed leaves");
  }

  @Test
  void aTimeoutEndsTheStreamAndIsNoError() throws Exception {
    try (Wire wire = app.get("/timeout")) {
      wire.toEnd();
      eventually(
          () -> assertThat(app.streams().called).containsSubsequence("timed out", "completed"));
      assertThat(app.streams().called).doesNotContain("failed");
    }
  }

  @Test
  void aStreamBoundToTopicsHasTheirEventsAndItsOwn() throws Exception {
    try (Wire wire = app.get("/events/carl")) {
      Event opening = wire.opening();
      assertThat(opening.type()).isEqualTo("runnel.open");
      app.hub().publish("orders", "placed", new MvcApp.Order(3, "bun", java.time.Instant.EPOCH));
      app.hub().sendToUser("carl", "assigned", "3");
      app.hub().sendToUser("dora", "assigned", "4");
      assertThat(wire.next().data()).startsWith("{\"number\":3,");
      assertThat(wire.next().data()).isEqualTo("3");
      emitter("events carl").send("for this tab");
      assertThat(wire.next().data()).isEqualTo("for this tab");
    }
  }

  @Test
  void aClientThatComesBackGetsWhatItMissed() throws Exception {
    String id;
    try (Wire wire = app.get("/events/eve")) {
      wire.opening();
      app.hub().publish("orders", "one");
      Event first = wire.next();
      id = first.id();
    }
    app.hub().publish("orders", "two");
    app.hub().publish("user/eve", "three");
    try (Wire wire = app.get("/events/eve", "Last-Event-ID: " + id)) {
      assertThat(wire.data(2)).containsExactly("two", "three");
    }
    try (Wire wire = app.get("/events/eve?lastEventId=" + id)) {
      assertThat(wire.data(2)).containsExactly("two", "three");
    }
    try (Wire wire = app.get("/events/eve", "Last-Event-ID: of-another-hub")) {
      wire.opening();
      assertThat(wire.next().type()).isEqualTo("runnel.gap");
    }
  }

  @Test
  void anIdOfItsOwnWouldHideTheTopicsCursorAndIsRefused() throws Exception {
    try (Wire wire = app.get("/events/frank")) {
      wire.opening();
      SseEmitter emitter = emitter("events frank");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> emitter.send(SseEmitter.event().id("1").data("x")))
          .withMessageContaining("would hide the cursor");
    }
  }

  @Test
  void anAnswerWrittenTokenByTokenIsResumedAndEnds() throws Exception {
    app.hub().publish("answers/1", "token", "To ");
    app.hub().publish("answers/1", "token", "be");
    String id;
    try (Wire wire = app.get("/answers/1")) {
      List<Event> tokens = wire.take(2);
      assertThat(tokens).extracting(Event::data).containsExactly("To ", "be");
      id = tokens.get(0).id();
    }
    app.hub().publish("answers/1", "token", " or");
    app.hub().complete("answers/1");
    String last;
    try (Wire wire = app.get("/answers/1", "Last-Event-ID: " + id)) {
      wire.toEnd();
      List<Event> tokens = wire.take(2);
      assertThat(tokens).extracting(Event::data).containsExactly("be", " or");
      last = tokens.get(1).id();
    }
    try (Wire wire = app.get("/answers/1", "Last-Event-ID: " + last)) {
      assertThat(wire.status()).isEqualTo(204);
    }
  }

  @Test
  void oneLineSendsToASessionOrEverybody() throws Exception {
    OneLineSends.assertArrive(app.hub(), app.port, "JSESSIONID");
  }

  @Test
  void aUsersNameIsNoPattern() throws Exception {
    try (Wire wire = app.get("/raw/*")) {
      assertThat(wire.status()).isEqualTo(500);
    }
    try (Wire all = app.get("/all");
        Wire star = app.get("/events/*")) {
      all.opening();
      star.opening();
      app.hub().sendToUser("gina", "assigned", "for gina");
      app.hub().sendToUser("*", "assigned", "for the star");
      assertThat(all.data(2)).containsExactly("for gina", "for the star");
      assertThat(star.data(1)).containsExactly("for the star");
    }
  }

  @Test
  void whatCannotBeWrittenBeforeTheStreamBeganIsAnErrorOfTheRequest() throws Exception {
    try (Wire wire = app.get("/unwritable")) {
      assertThat(wire.status()).isEqualTo(500);
    }
  }

  @Test
  void aParameterThatCannotBeIsAnswered400() throws Exception {
    try (Wire wire = app.get("/events/x?from=yesterday")) {
      assertThat(wire.status()).isEqualTo(400);
    }
  }

  @Test
  void anEmitterWithoutARequestHasNoTopics() {
    assertThatIllegalStateException()
        .isThrownBy(() -> new RunnelEmitter().topics("orders"))
        .withMessageContaining("hub.emitter(request)");
  }

  @Test
  void anEmitterThatIsNeverReturnedDoesNotGrow() throws Exception {
    var emitter = new RunnelEmitter();
    for (int i = 0; i <= RunnelEmitter.MAX_EARLY; i++) emitter.send("x");
    assertThatThrownBy(() -> emitter.send("x")).isInstanceOf(IOException.class);
  }

  @Test
  void aCallbackThatThrowsOrBlocksHarmsNobodyElse() throws Exception {
    var release = new CountDownLatch(1);
    try (Wire bad = app.get("/register/bad");
        Wire good = app.get("/register/good")) {
      SseEmitter emitter = emitter("bad");
      emitter.onCompletion(
          () -> {
            throw new IllegalStateException("from a callback");
          });
      emitter.onCompletion(
          () -> {
            try {
              release.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      emitter.complete();
      bad.toEnd();
      emitter("good").send("still here");
      assertThat(good.data(1)).containsExactly("still here");
      emitter("good").complete();
      good.toEnd();
      eventually(() -> assertThat(app.streams().called).contains("completed good"));
    } finally {
      release.countDown();
    }
  }

  @Test
  void everyCallbackMayThrowOrSendAndEachIsCalledAllTheSame() throws Exception {
    List<String> called = new CopyOnWriteArrayList<>();
    try (Wire wire = app.get("/register/throws");
        Wire good = app.get("/register/quiet")) {
      var emitter = (RunnelEmitter) emitter("throws");
      for (int i = 0; i < 2; i++) {
        emitter.onError(failure -> throwing(called, "error", emitter));
        emitter.onCompletion(() -> throwing(called, "completion", emitter));
      }
      wire.cut();
      eventually(
          () -> assertThat(called).containsExactly("error", "error", "completion", "completion"));
      emitter("quiet").send("undisturbed");
      assertThat(good.data(1)).containsExactly("undisturbed");
    }
  }

  /** As a callback does that looks at nothing. */
  private static void throwing(List<String> called, String name, SseEmitter emitter) {
    called.add(name);
    emitter.complete();
    emitter.completeWithError(new IllegalStateException("again"));
    assertThatThrownBy(() -> emitter.send("too late"))
        .isInstanceOf(EventStreamEndedException.class)
        .hasMessageContaining("its client has left");
    throw new IllegalStateException(name + " throws");
  }

  @Test
  void nothingIsLeftOfStreamsThatAreOver() throws Exception {
    for (int i = 0; i < 20; i++) app.get("/events/leaver").cut();
    eventually(
        () -> {
          app.hub().publish("orders", "is anybody there?");
          var streams = app.context.getBean(EventStreams.class);
          assertThat(streams.statistics().open()).isZero();
          assertThat(app.hub().hub().statistics().subscriptions()).isZero();
        });
  }
}
