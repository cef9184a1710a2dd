package io.runnel.hub;

import static io.runnel.hub.HubUnderTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code transport=poll} and {@code =long-poll}: the same events and positions, in pieces. */
class PollTest {
  private HubUnderTest hub;

  @BeforeEach
  void start() throws Exception {
    hub = new HubUnderTest();
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private void restart(HubConfig config) throws Exception {
    hub.close();
    hub = new HubUnderTest(config);
  }

  @Test
  void pollsThatGoOnFromTheirLastIdGetABacklogOfAnySizeOnceAndInOrder() throws Exception {
    int events = 400;
    for (int i = 0; i < events; i++) hub.publish("orders", i + " " + "x".repeat(1000));
    var seen = new ArrayList<Integer>();
    int polls = 0;
    try (RawConnection poller = hub.connect()) {
      String query = "&from=oldest";
      while (seen.size() < events && polls++ < 50) {
        String answer = poller.get("/events/orders?transport=poll" + query).answer();
        numbers(answer).forEach(seen::add);
        query = "&lastEventId=" + lastId(answer);
      }
    }
    assertThat(seen).isEqualTo(IntStream.range(0, events).boxed().toList());
    assertThat(polls).isGreaterThan(3); // an answer is bounded
  }

  @Test
  void aPollWithoutAnythingNewHasThePositionFromWhichTheNextGoesOn() throws Exception {
    restart(HubConfig.DEFAULT.with(ConfigKey.LONG_POLL_WAIT, Duration.ofMillis(300)));
    for (String transport : List.of("poll", "long-poll")) {
      String path = "/events/" + transport + "?transport=" + transport;
      try (RawConnection poller = hub.connect()) {
        String first = poller.get(path).answer();
        assertThat(first)
            .contains("event: runnel.open\n", "cache-control: no-store", "\"recovered\":null");
        hub.publish(transport, "1 between two polls");
        String second = poller.get(path + "&lastEventId=" + lastId(first)).answer();
        assertThat(second).contains("data: 1 between", "\"recovered\":true");
      }
    }
    await(() -> hub.hub.statistics().subscriptions() == 0);
  }

  @Test
  void aLongPollThatMissedSomethingHearsOfItAtOnce() throws Exception {
    hub.publish("other", "x");
    try (RawConnection poller = hub.connect()) {
      String path = "/events/orders?transport=long-poll&lastEventId=";
      String answer = poller.get(path + "never-heard-of").answer();
      assertThat(answer).contains("event: runnel.gap\n", "\"reason\":\"unknown\"");
      // From there on it is like any other.
      poller.get(path + lastId(answer));
      await(() -> hub.hub.statistics().subscriptions() == 1);
      hub.publish("orders", "1");
      assertThat(poller.answer()).contains("data: 1\n").doesNotContain("runnel.gap");
    }
  }

  @Test
  void aPollOfACompleteTopicIsAnsweredWithItsRestAndThenWith204() throws Exception {
    hub.publish("job?complete=true", "1 done");
    try (RawConnection poller = hub.connect()) {
      String answer = poller.get("/events/job?transport=long-poll").answer();
      assertThat(answer).contains("data: 1 done\n");
      assertThat(
              poller.get("/events/job?transport=long-poll&lastEventId=" + lastId(answer)).answer())
          .startsWith("HTTP/1.1 204");
    }
  }

  @Test
  void aPollThatWouldLoseItsPlaceIsRefused() throws Exception {
    hub.publish("orders", "1");
    try (RawConnection poller = hub.connect()) {
      assertThat(poller.get("/events/orders?transport=poll&open=no").answer())
          .startsWith("HTTP/1.1 400")
          .contains("open=no leaves a poll without a cursor no position to go on from");
      assertThat(poller.get("/events/orders?transport=poll&open=no&from=oldest").answer())
          .startsWith("HTTP/1.1 200")
          .contains("data: 1\n")
          .doesNotContain("runnel.open");
    }
  }

  @Test
  void aStoppingHubAnswersLongPollsWithATimeToComeBack() throws Exception {
    restart(HubConfig.DEFAULT.with(ConfigKey.DRAIN, Duration.ofSeconds(1)));
    try (RawConnection poller = hub.connect().get("/events/orders?transport=long-poll")) {
      await(() -> hub.hub.statistics().subscriptions() == 1);
      var stopped = CompletableFuture.runAsync(hub.server::drain);
      assertThat(poller.answer()).startsWith("HTTP/1.1 200").matches("(?s).*\nretry: [0-9]+\n");
      stopped.join();
    }
  }

  /** Whether it would send another request afterwards or not. */
  @Test
  void whoTakesNothingOfItsAnswerIsCut() throws Exception {
    restart(HubConfig.DEFAULT.with(ConfigKey.IDLE_TIMEOUT, Duration.ofSeconds(1)));
    hub.hub.publish(new Topic("orders"), Event.of("x".repeat(1_000_000))).join();
    for (String connection : List.of("Connection: keep-alive", "Connection: close")) {
      try (RawConnection poller = hub.connect()) {
        poller.socket().setReceiveBufferSize(4096);
        poller.get("/events/orders?transport=poll&from=oldest", connection);
        await(() -> hub.server.connections() == 1);
        await(() -> hub.server.connections() == 0);
      }
    }
    assertThat(hub.server.counters().idleTimeouts.sum()).isEqualTo(2);
  }

  @Test
  @Tag("slow")
  void whoTakesItsAnswersForLongerThanTheIdleTimeoutGetsAllOfThem() throws Exception {
    restart(
        HubConfig.DEFAULT
            .with(ConfigKey.REQUEST_TIMEOUT, Duration.ofSeconds(2))
            .with(ConfigKey.IDLE_TIMEOUT, Duration.ofSeconds(2)));
    hub.hub.publish(new Topic("orders"), Event.of("x".repeat(1_000_000))).join();
    try (RawConnection poller = hub.connect()) {
      for (int i = 0; i < 20; i++) poller.get("/events/orders?transport=poll&from=oldest");
      for (int i = 0; i < 50; i++) {
        Thread.sleep(125);
        assertThat(poller.socket().getInputStream().readNBytes(400_000)).hasSize(400_000);
      }
    }
  }

  @Test
  void aPollerThatLeavesIsForgotten() throws Exception {
    for (int i = 0; i < 10; i++) {
      RawConnection poller = hub.connect().get("/events/orders?transport=long-poll");
      await(() -> hub.hub.statistics().subscriptions() == 1);
      if (i % 2 == 0) poller.close();
      else poller.reset();
      await(() -> hub.hub.statistics().subscriptions() == 0);
    }
  }

  private static List<Integer> numbers(String answer) {
    return answer
        .lines()
        .filter(line -> line.matches("data: [0-9]+.*"))
        .map(line -> Integer.valueOf(line.split(" ")[1]))
        .toList();
  }

  private static String lastId(String answer) {
    return answer.substring(answer.lastIndexOf("\nid: ") + 5).lines().findFirst().orElseThrow();
  }
}
