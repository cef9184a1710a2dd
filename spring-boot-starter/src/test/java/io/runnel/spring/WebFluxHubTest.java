package io.runnel.spring;

import static io.runnel.spring.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.eventstream.Event;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@link WebFluxHub} in a real Boot application on Reactor Netty, over real sockets. */
class WebFluxHubTest {
  private static WebFluxApp app;

  @BeforeAll
  static void start() {
    app =
        new WebFluxApp(
            "--runnel.heartbeat=1s",
            "--runnel.write-timeout=5s",
            "--runnel.retain[0].topics=short",
            "--runnel.retain[0].events=1");
  }

  @AfterAll
  static void stop() {
    app.close();
  }

  @Test
  void subscribersGetTheOpeningAndTheEventsOfTheirTopics() throws Exception {
    try (Wire wire = app.get("/events/anna")) {
      assertThat(wire.header("Content-Type")).startsWith("text/event-stream");
      assertThat(wire.header("Cache-Control")).isEqualTo("no-store, no-transform");
      Event opening = wire.opening();
      assertThat(opening.type()).isEqualTo("runnel.open");
      assertThat(opening.data()).isEqualTo("{\"recovered\":null,\"heartbeat\":1000}");
      assertThat(wire.reconnectionTimes).hasSize(1);
      app.hub().publish("orders", "placed", new WebFluxApp.Order(3, "bun"));
      app.hub().sendToUser("anna", "assigned", "3");
      app.hub().sendToUser("ben", "assigned", "4");
      app.hub().publish("orders", "last");
      assertThat(wire.data(3)).containsExactly("{\"number\":3,\"item\":\"bun\"}", "3", "last");
    }
  }

  @Test
  void aQuietStreamHasHeartbeats() throws Exception {
    try (Wire wire = app.get("/events/quiet")) {
      wire.awaitComment();
    }
    try (Wire wire = app.get("/events/quiet?heartbeat=event")) {
      assertThat(wire.next().type()).isEqualTo("runnel.heartbeat");
    }
  }

  @Test
  void aClientThatComesBackGetsWhatItMissedOrIsToldOfTheGap() throws Exception {
    String id;
    try (Wire wire = app.get("/events/eve")) {
      wire.opening();
      app.hub().publish("user/eve", "one");
      id = wire.next().id();
    }
    app.hub().publish("user/eve", "two");
    app.hub().publish("user/eve", "three");
    try (Wire wire = app.get("/events/eve", "Last-Event-ID: " + id)) {
      assertThat(wire.data(2)).containsExactly("two", "three");
    }
    try (Wire wire = app.get("/events/eve?lastEventId=" + id)) {
      assertThat(wire.data(2)).containsExactly("two", "three");
    }
    try (Wire wire = app.get("/events/eve", "Last-Event-ID: of-another-hub")) {
      assertThat(wire.opening().data()).startsWith("{\"recovered\":false");
      Event gap = wire.next();
      assertThat(gap.type()).isEqualTo("runnel.gap");
      assertThat(gap.data()).startsWith("{\"reason\":\"unknown\"");
    }
  }

  @Test
  void anAnswerWrittenTokenByTokenIsResumedAndEndsWith204() throws Exception {
    app.hub().publish("answers/1", "token", "To ");
    app.hub().publish("answers/1", "token", "be");
    app.hub().complete("answers/1");
    String last;
    try (Wire wire = app.get("/answers/1")) {
      List<Event> tokens = wire.toEnd().take(2);
      assertThat(tokens).extracting(Event::data).containsExactly("To ", "be");
      last = tokens.get(1).id();
    }
    try (Wire wire = app.get("/answers/1", "Last-Event-ID: " + last)) {
      assertThat(wire.status()).isEqualTo(204);
    }
  }

  @Test
  void typedEventsCanBeLookedAtOnTheWayAndTheHubsOwnArriveAsTheyAre() throws Exception {
    try (Wire wire = app.get("/large", "Last-Event-ID: of-another-hub")) {
      assertThat(wire.opening().data()).startsWith("{\"recovered\":false");
      assertThat(wire.next().type()).isEqualTo("runnel.gap");
      app.hub().publish("typed", new WebFluxApp.Order(9, "small"));
      app.hub().publish("typed", new WebFluxApp.Order(10, "large"));
      assertThat(wire.data(1)).containsExactly("{\"number\":10,\"item\":\"large\"}");
    }
  }

  @Test
  void oneLineSendsToASessionOrEverybody() throws Exception {
    OneLineSends.assertArrive(app.hub(), app.port, "SESSION");
  }

  @Test
  void streamsOfTheApplicationsOwnAreWrittenAsBefore() throws Exception {
    try (Wire wire = app.get("/own")) {
      assertThat(wire.toEnd().take(1))
          .containsExactly(new Event("x", "{\"number\":1,\"item\":\"tea\"}", "5"));
    }
  }

  @Test
  void aParameterThatCannotBeIsAnswered400() throws Exception {
    try (Wire wire = app.get("/events/x?from=yesterday")) {
      assertThat(wire.status()).isEqualTo(400);
    }
  }

  @Test
  void whoReadsNothingIsHeldUpAloneAndDisconnected() throws Exception {
    String large = "x".repeat(100_000);
    try (Wire stalled = app.get("/events/stalled");
        Wire reads = app.get("/events/reads")) {
      stalled.opening();
      for (int i = 0; i < 300; i++) {
        app.hub().publish("orders", large);
        assertThat(reads.next().data()).hasSize(large.length());
      }
      eventually(
          () ->
              assertThat(app.hub().hub().statistics().slowDisconnects()).isGreaterThanOrEqualTo(1));
      app.hub().publish("orders", "still here");
      assertThat(reads.next().data()).isEqualTo("still here");
    }
  }

  @Test
  void nothingIsLeftOfStreamsThatAreOver() throws Exception {
    for (int i = 0; i < 20; i++) {
      try (Wire wire = app.get("/events/leaver")) {
        wire.opening();
        if (i % 2 == 0) wire.cut();
      }
    }
    eventually(
        () -> {
          assertThat(app.hub().streams().open()).isZero();
          assertThat(app.hub().hub().statistics().subscriptions()).isZero();
        });
  }
}
