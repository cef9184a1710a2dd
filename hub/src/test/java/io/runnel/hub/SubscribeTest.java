package io.runnel.hub;

import static io.runnel.hub.HubUnderTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.HubSettings;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code GET /events}: what a subscriber sees on its socket. */
class SubscribeTest {
  private HubUnderTest hub;

  @BeforeEach
  void start() throws Exception {
    hub = new HubUnderTest();
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void headAndOpeningComeAtOnceInTheFormOfTheDesign() throws Exception {
    try (RawConnection subscriber = hub.connect().get("/events/orders")) {
      String head = subscriber.until("\r\n\r\n");
      assertThat(head)
          .isEqualTo(
              """
              HTTP/1.1 200 OK
              Content-Type: text/event-stream
              Cache-Control: no-store, no-transform
              X-Accel-Buffering: no
              Connection: close
              Transfer-Encoding: chunked

              """
                  .replace("\n", "\r\n"));
      String cursor = hub.hub.cursor();
      assertThat(subscriber.until("\n\n\r\n"))
          .matches(
              "(?s)[0-9a-f]+\r\nretry: [0-9]+\nid: "
                  + cursor
                  + "\nevent: runnel.open\n"
                  + "data: \\{\"recovered\":null,\"heartbeat\":15000}\n\n\r\n");
    }
  }

  @Test
  void paddingComesBeforeEverythingElseOfAStreamAndOnlyWhereItIsAskedFor() throws Exception {
    for (String query : List.of("padding=true", "evs_preamble=2056", "evs_preamble")) {
      int length = query.endsWith("6") ? 2056 : 2048;
      String comment = ":" + " ".repeat(length) + "\n\n";
      try (RawConnection subscriber = hub.connect().get("/events/orders?" + query)) {
        subscriber.until("\r\n\r\n");
        assertThat(subscriber.until("\n\n\r\n"))
            .isEqualTo(Integer.toHexString(comment.length()) + "\r\n" + comment + "\r\n");
        assertThat(subscriber.until("\n\n\r\n")).contains("\r\nretry: ", "event: runnel.open");
      }
      try (RawConnection old =
          hub.connect().send("GET /events/orders?" + query + " HTTP/1.0\n\n")) {
        old.until("\r\n\r\n");
        assertThat(old.until("runnel.open")).startsWith(comment + "retry: ");
      }
      try (RawConnection poller = hub.connect().get("/events/orders?transport=poll&" + query)) {
        assertThat(poller.answer()).contains("\r\n\r\nretry: ");
      }
    }
    for (String query : List.of("padding=false", "evs_preamble=0")) {
      try (RawConnection subscriber = hub.connect().get("/events/orders?" + query)) {
        assertThat(subscriber.until("runnel.open")).contains("\r\nretry: ").doesNotContain(":  ");
      }
    }
    for (String query : List.of("padding=2", "padding=", "evs_preamble=-1")) {
      try (RawConnection subscriber = hub.connect().get("/events/orders?" + query)) {
        assertThat(subscriber.answer()).startsWith("HTTP/1.1 400").contains(query + " is neither");
      }
    }
  }

  @Test
  void anEventIsOneChunkWithItsIdTypeAndData() throws Exception {
    try (RawConnection subscriber = hub.connect().get("/events/orders?open=no")) {
      subscriber.until("\r\n\r\n");
      subscriber.until("\r\n\r\n".substring(2));
      await(() -> hub.hub.statistics().subscriptions() == 1);
      String id = hub.publishedId("orders?event=placed", "one\ntwo");
      String block = "id: " + id + "\nevent: placed\ndata: one\ndata: two\n\n";
      assertThat(subscriber.until("\n\n\r\n"))
          .endsWith(Integer.toHexString(block.length()) + "\r\n" + block + "\r\n");
    }
  }

  @Test
  void severalTopicsAndPatternsShareOneConnectionInOneOrder() throws Exception {
    try (RawConnection subscriber =
        hub.connect().get("/events?topic=orders&topic=user/*&topic=stock/**&open=no")) {
      subscriber.until("\r\n\r\n");
      await(() -> hub.hub.statistics().subscriptions() == 1);
      hub.publish("user/7", "1");
      hub.publish("orders", "2");
      hub.publish("user/7/mail", "not asked for");
      hub.publish("stock/a/b/c", "3");
      hub.publish("stock", "4");
      String text = subscriber.until("data: 4\n\n");
      assertThat(text.lines().filter(line -> line.startsWith("data:")))
          .containsExactly("data: 1", "data: 2", "data: 3", "data: 4");
    }
  }

  @Test
  void whoResumesGetsWhatItMissedOnceAndInOrder() throws Exception {
    String first = hub.publishedId("orders", "1");
    hub.publish("orders", "2");
    hub.publish("orders", "3");
    try (RawConnection subscriber =
        hub.connect().get("/events/orders", "Last-Event-ID: " + first)) {
      String text = subscriber.until("data: 3\n\n");
      assertThat(text).contains("\"recovered\":true").doesNotContain("runnel.gap");
      assertThat(text.lines().filter(line -> line.matches("data: [0-9]")))
          .containsExactly("data: 2", "data: 3");
    }
  }

  @Test
  void theHeaderCountsBeforeTheQueryAndEveryNameInTheFieldIsRead() throws Exception {
    String first = hub.publishedId("orders", "1");
    String second = hub.publishedId("orders", "2");
    hub.publish("orders", "3");
    for (String name :
        List.of("lastEventId", "lastEventID", "last_event_id", "evs_last_event_id")) {
      try (RawConnection subscriber = hub.connect().get("/events/orders?" + name + "=" + second)) {
        assertThat(subscriber.until("data: 3\n")).doesNotContain("data: 2\n");
      }
    }
    try (RawConnection subscriber =
        hub.connect().get("/events/orders?lastEventId=" + first, "Last-Event-ID: " + second)) {
      assertThat(subscriber.until("data: 3\n")).doesNotContain("data: 2\n");
    }
  }

  @Test
  void aCursorThatCannotBeHonouredIsAnsweredWithOneGapAndThenAllThatIsKept() throws Exception {
    hub.publish("orders", "1");
    String foreign = "zzzzzzzz-1".equals(hub.hub.cursor()) ? "yyyyyyyy-1" : "zzzzzzzz-1";
    var reasons =
        List.of(
            List.of("never-heard-of", "unknown"),
            List.of(foreign, "epoch"),
            List.of(hub.hub.cursor().replaceAll("-.*", "-999999"), "unknown"),
            List.of("a\tb", "malformed"),
            List.of("x".repeat(4000), "malformed"));
    for (List<String> reason : reasons) {
      try (RawConnection subscriber =
          hub.connect().get("/events/orders", "Last-Event-ID: " + reason.get(0))) {
        String text = subscriber.until("data: 1\n\n");
        assertThat(text).contains("\"recovered\":false").contains("\"reason\":\"" + reason.get(1));
        assertThat(text.split("event: runnel.gap", -1)).hasSize(2);
      }
    }
  }

  @Test
  void aPublishersIdIsKeptAndResolvesToItsPlace() throws Exception {
    assertThat(hub.publishedId("walk?id=12,%C3%BC", "a")).isEqualTo("12,\u00c3\u00bc");
    hub.publish("walk?id=13,4", "b");
    try (RawConnection subscriber =
        hub.connect().get("/events/walk", "Last-Event-ID: 12,\u00c3\u00bc")) {
      String text = subscriber.until("data: b\n\n");
      assertThat(text).contains("\"recovered\":true", "id: 13,4\n").doesNotContain("data: a\n");
    }
  }

  @Test
  void fromLatestBeginsWithTheNewestEventOfEachTopic() throws Exception {
    hub.publish("a", "a1");
    hub.publish("b", "b1");
    hub.publish("a", "a2");
    try (RawConnection subscriber = hub.connect().get("/events?topic=a&topic=b&from=latest")) {
      String text = subscriber.until("data: a2\n\n");
      assertThat(text.lines().filter(line -> line.matches("data: [ab].")))
          .containsExactly("data: b1", "data: a2");
      assertThat(text).doesNotContain("runnel.gap");
    }
  }

  @Test
  void http10GetsABareStreamThatEndsWithItsConnection() throws Exception {
    try (RawConnection subscriber = hub.connect().send("GET /events/orders?open=no HTTP/1.0\n\n")) {
      assertThat(subscriber.until("\r\n\r\n"))
          .contains("Connection: close")
          .doesNotContain("chunked");
      await(() -> hub.hub.statistics().subscriptions() == 1);
      hub.hub.publish(new Topic("orders"), Event.of("x"));
      assertThat(subscriber.until("data: x\n\n")).matches("(?s)retry: [0-9]+\nid: .*");
    }
  }

  @Test
  void aCompleteTopicEndsItsStreamsAndAnswersWhoHasItAllWith204() throws Exception {
    String last = hub.publishedId("job", "done");
    try (RawConnection subscriber = hub.connect().get("/events/job?from=oldest")) {
      subscriber.until("data: done\n\n");
      assertThat(hub.publish("job?complete=true", "")).startsWith("HTTP/1.1 200");
      assertThat(subscriber.rest()).endsWith("0\r\n\r\n");
    }
    try (RawConnection late = hub.connect().get("/events/job")) {
      assertThat(late.rest()).contains("data: done\n\n").endsWith("0\r\n\r\n");
    }
    try (RawConnection returning = hub.connect().get("/events/job", "Last-Event-ID: " + last)) {
      assertThat(returning.answer()).startsWith("HTTP/1.1 204 No Content");
      // The connection is still good for another request.
      assertThat(returning.post("/events/other", "x").answer()).startsWith("HTTP/1.1 200");
    }
    assertThat(hub.publish("job", "more")).startsWith("HTTP/1.1 409").contains("job is complete");
  }

  @Test
  void aRetryWithItsIdempotencyKeyIsAnsweredWithTheFirstIdAndSentToNobody() throws Exception {
    try (RawConnection publisher = hub.connect()) {
      String first = publisher.post("/events/orders", "1", "Idempotency-Key: k1").answer();
      assertThat(publisher.post("/events/orders", "1", "Idempotency-Key: k1").answer())
          .isEqualTo(first);
      assertThat(publisher.post("/events/orders", "other", "Idempotency-Key: k1").answer())
          .startsWith("HTTP/1.1 422");
    }
    assertThat(hub.hub.cursor()).endsWith("-1");
  }

  @Test
  void aTopicThatIsEndedAgainUnderItsIdempotencyKeyIsAnsweredWithTheFirstId() throws Exception {
    for (String last : List.of("", "done")) {
      String path = "/events/job" + last + "?complete=true";
      try (RawConnection publisher = hub.connect()) {
        String first = publisher.post(path, last, "Idempotency-Key: k").answer();
        assertThat(first).startsWith("HTTP/1.1 200");
        assertThat(publisher.post(path, last, "Idempotency-Key: k").answer()).isEqualTo(first);
        assertThat(publisher.post(path, "else", "Idempotency-Key: k").answer())
            .startsWith("HTTP/1.1 422");
        assertThat(publisher.post(path, last).answer()).startsWith("HTTP/1.1 409");
      }
    }
    assertThat(hub.hub.cursor()).endsWith("-3");
  }

  @Test
  void pollEndsAtOnceAndLongPollWithTheFirstEvents() throws Exception {
    String first = hub.publishedId("orders", "1");
    hub.publish("orders", "2");
    try (RawConnection poller = hub.connect()) {
      String answer = poller.get("/events/orders?transport=poll&lastEventId=" + first).answer();
      assertThat(answer).contains("data: 2\n\n");
      String cursor = hub.hub.cursor();
      poller.get("/events/orders?transport=long-poll&lastEventId=" + cursor);
      await(() -> hub.hub.statistics().subscriptions() == 1);
      hub.publish("orders", "3");
      assertThat(poller.answer()).contains("content-type: text/event-stream", "data: 3\n\n");
      await(() -> hub.hub.statistics().subscriptions() == 0);
    }
  }

  @Test
  void oneConnectionMoreThanTheMostIsToldToComeBackLater() throws Exception {
    HubConfig config = HubConfig.DEFAULT.with(ConfigKey.MAX_CONNECTIONS, 1);
    try (var full = new HubUnderTest(config);
        RawConnection first = full.connect().get("/events/a")) {
      first.until("runnel.open");
      for (String path : List.of("/events/a", "/events?topic=a&topic=b")) {
        try (RawConnection second = full.connect().get(path)) {
          assertThat(second.rest())
              .startsWith("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")
              .matches("(?s).*\r\n\r\nretry: [0-9]+\n\n");
        }
      }
      full.publish("a", "still here");
      first.until("data: still here\n\n");
      assertThat(full.server.counters().connectionsRefused.sum()).isEqualTo(2);
    }
  }

  @Test
  void connectionsFarBeyondTheMostAreClosedAndCounted() throws Exception {
    HubConfig config = HubConfig.DEFAULT.with(ConfigKey.MAX_CONNECTIONS, 1);
    try (var full = new HubUnderTest(config)) {
      var idle = new ArrayList<RawConnection>();
      for (int i = 0; i < 1 + HubServer.SPARE_CONNECTIONS; i++) idle.add(full.connect());
      await(() -> full.server.counters().connections.get() == idle.size());
      try (RawConnection beyond = full.connect()) {
        assertThat(beyond.rest()).isEmpty();
      }
      assertThat(full.server.counters().connectionsRefused.sum()).isEqualTo(1);
      for (RawConnection connection : idle) connection.close();
    }
  }

  @Test
  void aSubscriberThatLeavesIsForgottenHoweverItGoes() throws Exception {
    for (int i = 0; i < 30; i++) {
      RawConnection subscriber = hub.connect().get("/events/orders");
      subscriber.until("runnel.open");
      if (i % 3 == 0) subscriber.close();
      else if (i % 3 == 1) subscriber.reset();
      else {
        // Half-closed first, then reset: the shape that once made servers spin.
        subscriber.socket().shutdownOutput();
        subscriber.reset();
      }
    }
    await(() -> hub.hub.statistics().subscriptions() == 0 && hub.server.connections() == 0);
  }

  @Test
  void aReaderThatStallsIsDisconnectedAndTheOthersGoOn() throws Exception {
    hub.close();
    hub = new HubUnderTest(HubConfig.DEFAULT, settings(Duration.ofSeconds(1)), List.of());
    try (RawConnection stalled = hub.connect().get("/events/big");
        RawConnection healthy = hub.connect().get("/events/big")) {
      stalled.until("runnel.open");
      healthy.until("runnel.open");
      // Whoever has read all before takes this at once: none but the stalled is ever held up.
      String big = "x".repeat(60_000);
      int sent = 0;
      long mostQueued = 0;
      for (; hub.hub.statistics().slowDisconnects() == 0 && sent < 200; sent++) {
        hub.publish("big?event=n" + sent, big);
        healthy.until("event: n" + sent + "\n");
        healthy.until("\n\n");
        mostQueued = Math.max(mostQueued, hub.server.counters().queuedBytes.sum());
        if (hub.hub.statistics().heldUp() > 0) Thread.sleep(100);
      }
      await(() -> hub.hub.statistics().subscriptions() == 1);
      assertThat(hub.hub.statistics().slowDisconnects()).isEqualTo(1);
      // One batch at most, here of one event.
      assertThat(mostQueued).isBetween(1L, 60_100L);
      await(() -> hub.server.counters().queuedBytes.sum() == 0);
    }
  }

  private static HubSettings settings(Duration writeTimeout) {
    HubSettings d = HubSettings.DEFAULT;
    return new HubSettings(
        d.slowConsumers(),
        d.heartbeat(),
        d.reconnectionTime(),
        writeTimeout,
        d.maxTopics(),
        d.maxTopicsPerSubscription(),
        d.maxEventBytes(),
        d.windowEvents(),
        d.windowBytes());
  }

  @Test
  void beyondTheLimitOfConnectionsAStreamIsToldToComeBack() throws Exception {
    hub.close();
    hub = new HubUnderTest(HubConfig.DEFAULT.with(ConfigKey.MAX_CONNECTIONS, 20));
    var open = new java.util.ArrayList<RawConnection>();
    for (int i = 0; i < 20; i++) {
      open.add(hub.connect().get("/events/orders"));
      open.get(i).until("runnel.open");
    }
    try (RawConnection oneMore = hub.connect().get("/events/orders")) {
      assertThat(oneMore.rest())
          .startsWith("HTTP/1.1 200 OK")
          .contains("content-type: text/event-stream")
          .matches("(?s).*\r\n\r\nretry: [0-9]+\n\n");
    }
    for (RawConnection connection : open) connection.close();
  }

  @Test
  void aStoppingHubGivesEachStreamItsOwnRetryAndEndsIt() throws Exception {
    hub.close();
    hub = new HubUnderTest(HubConfig.DEFAULT.with(ConfigKey.DRAIN, Duration.ofSeconds(2)));
    var open = new java.util.ArrayList<RawConnection>();
    for (int i = 0; i < 9; i++) {
      open.add(hub.connect().get("/events/orders"));
      open.get(i).until("runnel.open");
      open.get(i).until("\n\n");
    }
    hub.server.drain();
    var retries = new java.util.HashSet<String>();
    for (RawConnection connection : open) {
      String end = connection.rest();
      assertThat(end).endsWith("0\r\n\r\n");
      retries.add(end.replaceAll("(?s).*retry: ([0-9]+)\n.*", "$1"));
    }
    assertThat(retries).hasSizeGreaterThan(3);
  }
}
