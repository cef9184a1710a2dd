package io.runnel.hub;

import static io.runnel.hub.HubUnderTest.await;
import static io.runnel.hub.RawHttp2.DATA;
import static io.runnel.hub.RawHttp2.END_HEADERS;
import static io.runnel.hub.RawHttp2.END_STREAM;
import static io.runnel.hub.RawHttp2.GOAWAY;
import static io.runnel.hub.RawHttp2.HEADERS;
import static io.runnel.hub.RawHttp2.INITIAL_WINDOW_SIZE;
import static io.runnel.hub.RawHttp2.PING;
import static io.runnel.hub.RawHttp2.RST_STREAM;
import static io.runnel.hub.RawHttp2.SETTINGS;
import static io.runnel.hub.RawHttp2.WINDOW_UPDATE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.Http2Headers;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import io.runnel.hub.RawHttp2.Frame;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** HTTP/2 by prior knowledge, frame by frame: RFC 9113, and what a hostile client may not do. */
class Http2Test {
  private static final Topic ORDERS = new Topic("orders");

  // RFC 9113, 7
  private static final int NO_ERROR = 0;
  private static final int PROTOCOL_ERROR = 1;
  private static final int FLOW_CONTROL_ERROR = 3;
  private static final int STREAM_CLOSED = 5;
  private static final int REFUSED_STREAM = 7;
  private static final int CANCEL = 8;
  private static final int ENHANCE_YOUR_CALM = 11;

  private static final int MAX_STREAMS = 120;

  private static final HubConfig CONFIG =
      HubConfig.DEFAULT
          .with(ConfigKey.THREADS, 1)
          .with(ConfigKey.DRAIN, Duration.ofSeconds(1))
          .with(ConfigKey.MAX_BODY, 100_000L)
          .with(ConfigKey.MAX_REQUEST_HEADER_BYTES, 2048L)
          .with(ConfigKey.MAX_URI_BYTES, 256L)
          .with(ConfigKey.MAX_STREAMS_PER_CONNECTION, MAX_STREAMS);

  private HubUnderTest hub;

  @BeforeEach
  void start() throws Exception {
    hub = new HubUnderTest(CONFIG);
  }

  /** For who does not send a request whole; a busy machine may take longer for one that is sent. */
  private void restartImpatiently() throws Exception {
    hub.close();
    hub = new HubUnderTest(CONFIG.with(ConfigKey.REQUEST_TIMEOUT, Duration.ofMillis(800)));
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private RawHttp2 connect(int... settings) throws Exception {
    return new RawHttp2(hub.server.port(), settings);
  }

  private void awaitSubscriptions(int count) throws Exception {
    await(() -> hub.hub.statistics().subscriptions() == count);
  }

  // ---------------------------------------------------------------- requests and answers

  @Test
  void aStreamIsAnsweredWithTheHeadAndTheOpeningAtOnce() throws Exception {
    try (RawHttp2 client = connect().get(1, "/events/orders")) {
      Http2Headers head = client.headers(1);
      assertThat(head.status()).hasToString("200");
      assertThat(head.get("content-type")).hasToString("text/event-stream");
      assertThat(head.get("cache-control")).hasToString("no-store, no-transform");
      assertThat(client.until(1, "\n\n"))
          .matches("(?s)retry: [0-9]+\nid: [^\n]+\nevent: runnel.open\ndata: [^\n]+\n\n");
    }
  }

  @Test
  void onLoopbackAStrangersAuthorityIsMisdirected() throws Exception {
    byte[] request = RawHttp2.request("GET", "/events/orders");
    String strangers = new String(request, ISO_8859_1).replace("localhost", "evil.host");
    try (RawHttp2 client = connect()) {
      client.send(HEADERS, END_HEADERS | END_STREAM, 1, strangers.getBytes(ISO_8859_1));
      assertThat(client.headers(1).status()).hasToString("421");
    }
  }

  @Test
  void publishersAndSubscribersShareOneConnection() throws Exception {
    try (RawHttp2 client = connect().get(1, "/events/orders?open=no")) {
      awaitSubscriptions(1);
      client.post(3, "/events/orders?event=placed", "17");
      Frame event = client.next(frame -> frame.type() == DATA && frame.text().contains("placed"));
      assertThat(event.text()).matches("id: [^\n]+\nevent: placed\ndata: 17\n\n");
      assertThat(client.post(5, "/events/orders", "18").body(5)).contains("\"kept\":\"memory\"");
    }
  }

  @Test
  void whoResumesGetsWhatItMissedAndWhoHasItAllIsToldToStop() throws Exception {
    String first = hub.publishedId("orders", "1");
    hub.publish("orders", "2");
    try (RawHttp2 client = connect()) {
      client.get(1, "/events/orders", "last-event-id", first);
      assertThat(client.until(1, "data: 2\n\n"))
          .contains("\"recovered\":true")
          .doesNotContain("data: 1\n");
      String last = hub.publishedId("orders?complete=true", "3");
      assertThat(client.body(1)).contains("data: 3\n\n");
      client.get(3, "/events/orders", "last-event-id", hub.hub.cursor());
      assertThat(client.headers(3).status()).hasToString("204");
      assertThat(last).isNotEmpty();
    }
  }

  @Test
  void pollsAndBadRequestsAreAnsweredAsOverHttp1() throws Exception {
    hub.publish("orders", "1");
    try (RawHttp2 client = connect()) {
      client.get(1, "/events/orders?transport=poll&from=oldest");
      assertThat(client.body(1)).contains("data: 1\n\n");
      client.get(3, "/nowhere");
      assertThat(client.headers(3).status()).hasToString("404");
      client.get(5, "/events/orders?open=maybe");
      assertThat(client.headers(5).status()).hasToString("400");
    }
  }

  @Test
  void bodiesLargerThanAWindowComeWhole() throws Exception {
    String body = "0123456789".repeat(9_000);
    try (RawHttp2 client = connect()) {
      client.send(HEADERS, END_HEADERS, 1, RawHttp2.request("POST", "/events/big"));
      int window = 65_535;
      for (int at = 0; at < body.length(); ) {
        int length = Math.min(Math.min(16_384, body.length() - at), window);
        if (length == 0) {
          window += client.next(WINDOW_UPDATE, 1).number();
          continue;
        }
        boolean isEnd = at + length == body.length();
        client.send(
            DATA, isEnd ? END_STREAM : 0, 1, body.substring(at, at + length).getBytes("US-ASCII"));
        at += length;
        window -= length;
      }
      assertThat(client.headers(1).status()).hasToString("200");
      client.sendNumber(WINDOW_UPDATE, 0, 100_000).settings(INITIAL_WINDOW_SIZE, 200_000);
      client.get(3, "/events/big?transport=poll&from=latest");
      assertThat(client.body(3)).contains("data: " + body + "\n\n");
    }
  }

  @Test
  void whatIsTooLargeIsAnsweredWithItsStatusAndTheConnectionGoesOn() throws Exception {
    try (RawHttp2 client = connect()) {
      client.send(HEADERS, END_HEADERS, 1, RawHttp2.request("POST", "/events/big"));
      for (int i = 0; i < 3; i++) client.send(DATA, 0, 1, new byte[16_384]);
      client.next(WINDOW_UPDATE, 1);
      for (int i = 0; i < 4; i++) client.send(DATA, 0, 1, new byte[16_384]);
      assertThat(client.headers(1).status()).hasToString("413");
      assertThat(client.next(RST_STREAM, 1).number()).isEqualTo(NO_ERROR);
      String[] many = new String[80];
      Arrays.setAll(many, i -> (i & 1) == 0 ? "x-" + i : "y".repeat(100));
      client.get(3, "/events/orders", many);
      assertThat(client.headers(3).status()).hasToString("431");
      client.get(5, "/events?topic=" + "a".repeat(100));
      assertThat(client.headers(5).status()).hasToString("200");
    }
  }

  @Test
  void malformedRequestsAreResetAndTheConnectionGoesOn() throws Exception {
    try (RawHttp2 client = connect()) {
      // The length declared is not the length sent.
      client.send(
          HEADERS, END_HEADERS, 1, RawHttp2.request("POST", "/events/a", "content-length", "3"));
      client.send(DATA, END_STREAM, 1, (byte) 'x');
      assertThat(client.next(RST_STREAM, 1).number()).isEqualTo(PROTOCOL_ERROR);
      // A name in capitals (RFC 9113, 8.2.1).
      client.get(3, "/events/a", "X-Big", "1");
      assertThat(client.next(RST_STREAM, 3).number()).isEqualTo(PROTOCOL_ERROR);
      // A host that is not the authority (RFC 9113, 8.3.1).
      client.get(7, "/events/a", "host", "evil.example");
      assertThat(client.next(RST_STREAM, 7).number()).isEqualTo(PROTOCOL_ERROR);
      // Data after the end.
      client.get(9, "/events/a").send(DATA, 0, 9, (byte) 'x');
      assertThat(client.next(RST_STREAM, 9).number()).isEqualTo(STREAM_CLOSED);
      assertThat(client.post(11, "/events/a", "x").body(11)).contains("kept");
    }
  }

  @Test
  void aRequestThatDoesNotComeWholeIsGivenUpAndOthersGoOn() throws Exception {
    restartImpatiently();
    try (RawHttp2 client = connect().get(1, "/events/orders")) {
      client.send(HEADERS, END_HEADERS, 3, RawHttp2.request("POST", "/events/orders"));
      assertThat(client.next(RST_STREAM, 3).number()).isEqualTo(CANCEL);
      client.post(5, "/events/orders", "still here");
      assertThat(client.until(1, "still here")).isNotEmpty();
    }
  }

  @Test
  void aConnectionThatBeginsWithThePrefaceAndSaysNoMoreIsClosed() throws Exception {
    restartImpatiently();
    try (RawConnection client = hub.connect()) {
      client.send("PRI * HTTP/2.0\n\nSM\n\n");
      assertThat(client.rest()).hasSizeLessThan(100);
    }
  }

  // ---------------------------------------------------------------- flow control

  @Test
  void notAByteMoreIsSentThanTheStreamsWindowAllows() throws Exception {
    try (RawHttp2 client = connect(INITIAL_WINDOW_SIZE, 0).get(1, "/events/orders?open=no")) {
      awaitSubscriptions(1);
      client.headers(1);
      String sent = client.sendNumber(WINDOW_UPDATE, 1, 5).next(DATA, 1).text();
      assertThat(sent).hasSize(5);
      client.sendNumber(WINDOW_UPDATE, 1, 3);
      assertThat(client.next(DATA, 1).text()).hasSize(3);
      // The whole settings count for streams that are open (RFC 9113, 6.9.2).
      client.settings(INITIAL_WINDOW_SIZE, 1000);
      hub.publish("orders", "at last");
      assertThat(client.until(1, "data: at last\n\n")).startsWith("");
    }
  }

  @Test
  void aWindowThatShrankBelowNothingHasToGrowFirst() throws Exception {
    try (RawHttp2 client = connect(INITIAL_WINDOW_SIZE, 1000).get(1, "/events/orders")) {
      int opening = client.until(1, "\n\n").length();
      client.settings(INITIAL_WINDOW_SIZE, 0);
      client.next(frame -> frame.type() == SETTINGS && frame.flags() == RawHttp2.ACK);
      hub.publish("orders", "1");
      client.sendNumber(WINDOW_UPDATE, 1, opening);
      client.send(PING, 0, 0, new byte[8]);
      Frame next = client.next(frame -> frame.type() == DATA || frame.type() == PING);
      assertThat(next.type()).as("no data in a window of 0").isEqualTo(PING);
      client.sendNumber(WINDOW_UPDATE, 1, 7);
      assertThat(client.next(DATA, 1).text()).hasSize(7);
    }
  }

  @Test
  void aStalledStreamDoesNotKeepItsSiblingsWaiting() throws Exception {
    try (RawHttp2 client = connect(INITIAL_WINDOW_SIZE, 200)) {
      client.get(1, "/events/orders?open=no").get(3, "/events/orders?open=no");
      awaitSubscriptions(2);
      String last = "";
      for (int i = 0; i < 50; i++) {
        hub.publish("orders", "event number " + i);
        last = client.sendNumber(WINDOW_UPDATE, 3, 100).until(3, "event number " + i + "\n\n");
      }
      assertThat(last).contains("event number 49");
      client.sendNumber(WINDOW_UPDATE, 1, 100_000);
      String late = client.until(1, "event number 49\n\n");
      assertThat(late).contains("event number 48\n\n");
    }
  }

  /** The windows open by small and random amounts, for the streams and for the connection. */
  @Test
  void everyStreamOfAConnectionGetsEveryEventOnceAndInOrder() throws Exception {
    int streams = 100;
    int events = 300;
    var random = new SplittableRandom(42);
    try (RawHttp2 client = connect(INITIAL_WINDOW_SIZE, 400)) {
      for (int i = 0; i < streams; i++) client.get(2 * i + 1, "/events/orders");
      awaitSubscriptions(streams);
      String filler = "x".repeat(100);
      for (int i = 0; i < events; i++) hub.hub.publish(ORDERS, Event.of(i + filler));
      var received = new StringBuilder[streams];
      Arrays.setAll(received, i -> new StringBuilder());
      for (int finished = 0; finished < streams; ) {
        Frame frame = client.next(f -> f.type() == DATA);
        if (frame.payload().length == 0) continue;
        StringBuilder stream = received[frame.stream() / 2].append(frame.text());
        client.sendNumber(WINDOW_UPDATE, 0, frame.payload().length);
        client.sendNumber(WINDOW_UPDATE, frame.stream(), random.nextInt(1, 700));
        String end = "data: " + (events - 1) + filler + "\n\n";
        if (stream.lastIndexOf(end) == stream.length() - end.length()) finished++;
      }
      String expected =
          IntStream.range(0, events).mapToObj(String::valueOf).collect(Collectors.joining(","));
      for (StringBuilder stream : received) {
        String numbers =
            stream
                .toString()
                .lines()
                .filter(line -> line.startsWith("data: ") && line.endsWith(filler))
                .map(line -> line.substring(6, line.length() - filler.length()))
                .collect(Collectors.joining(","));
        assertThat(numbers).isEqualTo(expected);
      }
    }
  }

  @Test
  void anEventLargerThanAFrameIsCutIntoFrames() throws Exception {
    String large = "0123456789".repeat(6_000);
    try (RawHttp2 client = connect().get(1, "/events/orders")) {
      awaitSubscriptions(1);
      client.until(1, "\n\n");
      hub.hub.publish(ORDERS, Event.of(large));
      client.sendNumber(WINDOW_UPDATE, 0, 100_000).sendNumber(WINDOW_UPDATE, 1, 100_000);
      assertThat(client.until(1, "\n\n")).contains("data: " + large + "\n\n");
    }
  }

  @Test
  void windowsBeyondTheLargestAreErrors() throws Exception {
    try (RawHttp2 client = connect().get(1, "/events/orders")) {
      client.headers(1);
      client.sendNumber(WINDOW_UPDATE, 1, Integer.MAX_VALUE);
      assertThat(client.next(RST_STREAM, 1).number()).isEqualTo(FLOW_CONTROL_ERROR);
      client.sendNumber(WINDOW_UPDATE, 0, Integer.MAX_VALUE);
      assertThat(client.next(GOAWAY, 0).number()).isEqualTo(FLOW_CONTROL_ERROR);
      assertThat(client.isClosed()).isTrue();
    }
  }

  @Test
  void whoSendsMoreThanTheWindowIsReset() throws Exception {
    try (RawHttp2 client = connect()) {
      client.send(HEADERS, END_HEADERS, 1, RawHttp2.request("POST", "/events/a"));
      // Never waiting for a window to open: the connection's opens, at the latest the limit counts.
      for (int i = 0; i < 8; i++) client.send(DATA, 0, 1, new byte[16_384]);
      Frame end = client.next(f -> f.type() == RST_STREAM || f.type() == GOAWAY);
      assertThat(end.number()).isIn(NO_ERROR, FLOW_CONTROL_ERROR);
    }
  }

  // ---------------------------------------------------------------- limits

  @Test
  void oneStreamMoreThanAllowedIsRefusedAndMayBeTriedAgain() throws Exception {
    try (RawHttp2 client = connect()) {
      for (int i = 0; i < MAX_STREAMS; i++) client.get(2 * i + 1, "/events/orders");
      awaitSubscriptions(MAX_STREAMS);
      int more = 2 * MAX_STREAMS + 1;
      client.get(more, "/events/orders");
      assertThat(client.next(RST_STREAM, more).number()).isEqualTo(REFUSED_STREAM);
      client.sendNumber(RST_STREAM, 1, CANCEL);
      awaitSubscriptions(MAX_STREAMS - 1);
      client.get(more + 2, "/events/orders");
      assertThat(client.headers(more + 2).status()).hasToString("200");
    }
  }

  /** CVE-2023-44487. */
  @Test
  void whoOpensAndResetsWithoutEndIsSentAway() throws Exception {
    try (RawHttp2 client = connect()) {
      int most = Http2Frugality.RESETS_FOR_EACH_STREAM * MAX_STREAMS;
      for (int i = 0; i <= most; i++) {
        client.get(2 * i + 1, "/events/orders").sendNumber(RST_STREAM, 2 * i + 1, CANCEL);
      }
      assertThat(client.next(GOAWAY, 0).number()).isEqualTo(ENHANCE_YOUR_CALM);
      assertThat(client.isClosed()).isTrue();
    }
    awaitSubscriptions(0);
    assertThat(hub.server.counters().http2Floods.sum()).isEqualTo(1);
  }

  @Test
  void whoPingsWithoutEndIsSentAway() throws Exception {
    try (RawHttp2 client = connect()) {
      for (int i = 0; i <= Http2Frugality.MAX_TROUBLE; i++) client.send(PING, 0, 0, new byte[8]);
      assertThat(client.next(GOAWAY, 0).number()).isEqualTo(ENHANCE_YOUR_CALM);
      assertThat(client.isClosed()).isTrue();
    }
  }

  @Test
  void whatBreaksTheProtocolEndsTheConnection() throws Exception {
    try (RawHttp2 client = connect()) {
      client.get(2, "/events/orders"); // even
      assertThat(client.next(GOAWAY, 0).number()).isEqualTo(PROTOCOL_ERROR);
      assertThat(client.isClosed()).isTrue();
    }
    try (RawHttp2 client = connect()) {
      client.sendNumber(WINDOW_UPDATE, 7, 1); // idle
      assertThat(client.next(GOAWAY, 0).number()).isEqualTo(PROTOCOL_ERROR);
    }
    try (RawHttp2 client = connect().get(5, "/events/orders").get(3, "/events/orders")) {
      assertThat(client.next(GOAWAY, 0).number()).isEqualTo(PROTOCOL_ERROR); // backwards
    }
    awaitSubscriptions(0);
  }

  // ---------------------------------------------------------------- ends

  @Test
  void aStreamThatItsClientResetsIsASubscriptionLess() throws Exception {
    try (RawHttp2 client = connect().get(1, "/events/orders").get(3, "/events/orders")) {
      awaitSubscriptions(2);
      client.sendNumber(RST_STREAM, 1, CANCEL);
      awaitSubscriptions(1);
      hub.publish("orders", "for the other");
      assertThat(client.until(3, "for the other")).isNotEmpty();
    }
    awaitSubscriptions(0);
  }

  @Test
  void aStoppingHubSaysSoAndEndsEachStreamWithItsOwnRetry() throws Exception {
    try (RawHttp2 client = connect().get(1, "/events/orders").get(3, "/events/orders")) {
      awaitSubscriptions(2);
      client.until(3, "\n\n");
      var drain = new Thread(hub.server::drain);
      drain.start();
      assertThat(client.next(GOAWAY, 0).number()).isEqualTo(NO_ERROR);
      var ends = new StringBuilder();
      for (int ended = 0; ended < 2; ) {
        Frame frame = client.next(f -> f.type() == DATA);
        ends.append(frame.text());
        if (frame.isEnd()) ended++;
      }
      assertThat(ends).contains("retry: ");
      assertThat(client.isClosed()).isTrue();
      drain.join();
    }
  }
}
