package io.runnel.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.runnel.eventstream.Event;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the hub's publisher sends and promises, over real sockets. */
@Timeout(60)
class RunnelPublisherTest {
  private static final Receipt RECEIPT = new Receipt("abcdefgh-1", "disk");

  private static ScriptedServer.Script json(String status, String body) {
    return ScriptedServer.answer(
        "HTTP/1.1 "
            + status
            + "\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + "Content-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  private static ScriptedServer.Script receipt() {
    return json("200 OK", "{\"id\":\"abcdefgh-1\",\"kept\":\"disk\"}");
  }

  private static RunnelPublisher to(ScriptedServer hub) {
    return RunnelPublisher.to(hub.uri("/")).chance(() -> 0).build();
  }

  private static Receipt get(CompletableFuture<Receipt> receipt) throws Exception {
    return receipt.get(30, TimeUnit.SECONDS);
  }

  private static PublishFailedException failure(CompletableFuture<Receipt> receipt) {
    var thrown = catchThrowableOfType(ExecutionException.class, () -> get(receipt));
    return (PublishFailedException) thrown.getCause();
  }

  @Test
  void anEventIsPostedWithItsTypeIdDataAndKey() throws Exception {
    try (var hub = new ScriptedServer(receipt());
        var publisher = to(hub)) {
      var event = new Event("order placed", "é\nx", "a&b");
      assertThat(get(publisher.publish("user/4 2/ü", event))).isEqualTo(RECEIPT);
      assertThat(RECEIPT.isOnDisk()).isTrue();
      var peer = hub.next();
      assertThat(List.of(peer.requestLine(), peer.header("Content-Type"), peer.body()))
          .containsExactly(
              "POST /events/user/4%202/%C3%BC?event=order%20placed&id=a%26b HTTP/1.1",
              "text/plain; charset=utf-8", "é\nx");
      assertThat(peer.header("Idempotency-Key")).hasSize(36);
      assertThat(publisher.inFlight()).isZero();
    }
  }

  @Test
  void eventsThatAreSentTogetherAreLinesOfOneRequest() throws Exception {
    try (var hub =
            new ScriptedServer(json("200 OK", "{\"ids\":[\"e-1\",\"17\"],\"kept\":\"disk\"}"));
        var publisher = to(hub)) {
      var events = List.of(Event.of("a\n\"\\\u0001é"), new Event("placed", "b", "17"));
      assertThat(publisher.publishAll("orders/x", events).get(30, TimeUnit.SECONDS))
          .containsExactly(new Receipt("e-1", "disk"), new Receipt("17", "disk"));
      var peer = hub.next();
      assertThat(List.of(peer.requestLine(), peer.header("Content-Type"), peer.body()))
          .containsExactly(
              "POST /events/orders/x HTTP/1.1",
              "application/x-ndjson",
              """
              {"data":"a\\u000a\\"\\\\\\u0001é"}
              {"data":"b","event":"placed","id":"17"}
              """);
      assertThat(peer.header("Idempotency-Key")).hasSize(36);
      assertThat(publisher.inFlight()).isZero();
    }
  }

  @Test
  void tooFewReceiptsForEventsThatAreSentTogetherAreNone() throws Exception {
    try (var hub = new ScriptedServer(json("200 OK", "{\"ids\":[\"e-1\"],\"kept\":\"disk\"}"));
        var publisher = to(hub)) {
      var two = List.of(Event.of("a"), Event.of("b"));
      assertThat(publisher.publishAll("t", two))
          .failsWithin(Duration.ofSeconds(30))
          .withThrowableThat()
          .withMessageContaining("without a receipt");
      assertThatThrownBy(() -> publisher.publishAll("t", List.of()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void anAttemptThatMayHaveArrivedIsRepeatedUnderTheSameKey() throws Exception {
    ScriptedServer.Script lost =
        peer -> {
          peer.readRequest();
          peer.reset();
        };
    try (var hub = new ScriptedServer(lost, json("503 Busy", "{}"), receipt());
        var publisher = to(hub)) {
      assertThat(get(publisher.publish("t", Event.of("x")))).isEqualTo(RECEIPT);
      String key = hub.next().header("Idempotency-Key");
      assertThat(
              List.of(hub.next().header("Idempotency-Key"), hub.next().header("Idempotency-Key")))
          .containsExactly(key, key);
    }
  }

  @Test
  void thePolicyOfTheCallerDecidesWhetherAnAttemptIsRepeated() throws Exception {
    try (var server = new ScriptedServer(ScriptedServer.status("503 Busy"));
        var publisher =
            RunnelPublisher.to(server.uri("/")).retry(ReconnectPolicy.never()).build()) {
      assertThat(failure(publisher.publish("a", Event.of("x"))))
          .hasMessage("status 503")
          .satisfies(e -> assertThat(e.status()).isEqualTo(503));
      server.next();
      assertThat(server.waiting()).isZero();
    }
  }

  @Test
  void anAttemptThatIsTooLongIsToldAsThat() throws Exception {
    try (var server =
            new ScriptedServer(
                peer -> {
                  peer.readRequest();
                  peer.awaitEnd();
                });
        var publisher =
            RunnelPublisher.to(server.uri("/"))
                .attemptTimeout(Duration.ofMillis(50))
                .retry(ReconnectPolicy.never())
                .build()) {
      assertThat(failure(publisher.publish("a", Event.of("x"))))
          .hasMessage("no answer within 50 ms")
          .satisfies(e -> assertThat(e.mayBePublished()).isTrue());
    }
  }

  @Test
  void twoEventsHaveTwoKeys() throws Exception {
    try (var hub = new ScriptedServer(receipt());
        var publisher = to(hub)) {
      get(publisher.publish("t", Event.of("x")));
      get(publisher.publish("t", Event.of("x")));
      assertThat(hub.next().header("Idempotency-Key"))
          .isNotEqualTo(hub.next().header("Idempotency-Key"));
    }
  }

  @Test
  void aRefusalIsNotRepeatedAndSaysWhyInTheHubsWords() throws Exception {
    try (var hub = new ScriptedServer(json("403 No", "{\"title\":\"T\",\"detail\":\"no right\"}"));
        var publisher = to(hub)) {
      var failure = failure(publisher.publish("t", Event.of("x")));
      assertThat(List.of(failure.status(), failure.mayBePublished())).containsExactly(403, false);
      assertThat(failure).hasMessageStartingWith("status 403: no right");
      hub.next();
      assertThat(hub.waiting()).isZero();
    }
  }

  @Test
  void aRedirectIsARefusal() throws Exception {
    try (var hub = new ScriptedServer(ScriptedServer.status("307 On\r\nLocation: /x"));
        var publisher = to(hub)) {
      assertThat(failure(publisher.publish("t", Event.of("x"))).status()).isEqualTo(307);
    }
  }

  @Test
  void anEventThatNoAttemptCouldDeliverIsUnknownOnlyIfOneLeft() throws Exception {
    ScriptedServer.Script mute =
        peer -> {
          peer.readRequest();
          peer.awaitEnd();
        };
    try (var hub = new ScriptedServer(mute);
        var publisher =
            RunnelPublisher.to(hub.uri("/"))
                .attemptTimeout(Duration.ofMillis(100))
                .giveUpAfter(Duration.ofMillis(200))
                .build()) {
      assertThat(failure(publisher.publish("t", Event.of("x"))).mayBePublished()).isTrue();
    }
    // A port that is taken, so that nobody else can, and at which nobody listens.
    try (var taken = new Socket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      URI nobody = URI.create("http://127.0.0.1:" + taken.getLocalPort());
      try (var publisher = RunnelPublisher.to(nobody).giveUpAfter(Duration.ofMillis(100)).build()) {
        assertThat(failure(publisher.publish("t", Event.of("x"))).mayBePublished()).isFalse();
      }
    }
  }

  @Test
  void anAnswerThatIsNoReceiptIsNoReceipt() throws Exception {
    for (String body : List.of("{}", "ok", "{\"id\":\"a\"}", "[".repeat(70_000))) {
      try (var hub = new ScriptedServer(json("200 OK", body));
          var publisher =
              RunnelPublisher.to(hub.uri("/")).giveUpAfter(Duration.ofMillis(100)).build()) {
        assertThat(failure(publisher.publish("t", Event.of("x"))).mayBePublished()).isTrue();
      }
    }
  }

  @Test
  void whatIsInFlightIsBoundedAndFullIsAnAnswer() throws Exception {
    var answer = new CountDownLatch(1);
    ScriptedServer.Script later =
        peer -> {
          peer.readRequest();
          answer.await();
          peer.write(
              "HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n{\"id\":\"a\",\"kept\":\"disk\"}");
        };
    try (var hub = new ScriptedServer(later);
        var publisher = RunnelPublisher.to(hub.uri("/")).maxInFlight(2).build()) {
      var first = publisher.offer("t", Event.of("1")).orElseThrow();
      publisher.offer("t", Event.of("2")).orElseThrow();
      assertThat(publisher.offer("t", Event.of("3"))).isEmpty();
      assertThat(publisher.inFlight()).isEqualTo(2);
      answer.countDown();
      // The room is free before the receipt is there: who waits for it may publish the next.
      get(first);
      get(publisher.publish("t", Event.of("4")));
    }
  }

  @Test
  void closeWaitsForWhatIsOnItsWayAndGivesUpTheRestInTime() throws Exception {
    var read = new CountDownLatch(1);
    ScriptedServer.Script mute =
        peer -> {
          peer.readRequest();
          read.countDown();
          peer.awaitEnd();
        };
    try (var hub = new ScriptedServer(mute)) {
      var publisher = RunnelPublisher.to(hub.uri("/")).closeTimeout(Duration.ofMillis(100)).build();
      var receipt = publisher.publish("t", Event.of("x"));
      read.await();
      publisher.close();
      assertThat(receipt).isCompletedExceptionally();
      assertThat(failure(receipt).mayBePublished()).isTrue();
      assertThatThrownBy(() -> publisher.publish("t", Event.of("x")))
          .isInstanceOf(IllegalStateException.class);
      assertThat(publisher.inFlight()).isZero();
    }
  }

  @Test
  void misuseThrowsAtOnce() {
    try (var publisher = RunnelPublisher.to(URI.create("http://localhost:1/")).build()) {
      for (String topic : List.of("", "/", "a//b", "a/", "/a", "a/../b", ".", " ")) {
        assertThatThrownBy(() -> publisher.publish(topic, Event.of("x")))
            .as(topic)
            .isInstanceOf(IllegalArgumentException.class);
      }
      assertThatThrownBy(() -> publisher.publish("t", Event.of("runnel.gap", "x")))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
