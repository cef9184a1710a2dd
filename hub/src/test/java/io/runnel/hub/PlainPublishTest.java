package io.runnel.hub;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A plain publish has a way of its own, and nobody can tell from outside which way was taken. */
class PlainPublishTest {
  private static final int MAX_BODY = 2000;
  private static HubUnderTest hub;

  @BeforeAll
  static void start() throws Exception {
    hub = new HubUnderTest(HubConfig.DEFAULT.with(ConfigKey.MAX_BODY, (long) MAX_BODY));
  }

  @AfterAll
  static void stop() {
    hub.close();
  }

  /** What was kept of a topic, the data alone. */
  private static List<String> kept(String topic) throws IOException {
    try (RawConnection poll = hub.connect()) {
      String answer = poll.get("/events/" + topic + "?transport=poll&from=oldest").answer();
      var data = new ArrayList<String>();
      for (String line : answer.split("\n")) {
        if (line.startsWith("data: ") && !line.contains("\"recovered\"")) {
          data.add(line.substring(6).strip());
        }
      }
      return data;
    }
  }

  private static String request(String topic, String body, String... headers) {
    var text = new StringBuilder("POST /events/" + topic + " HTTP/1.1\r\nHost: localhost\r\n");
    for (String header : headers) text.append(header).append("\r\n");
    return text + "Content-Length: " + body.length() + "\r\n\r\n" + body;
  }

  private static void write(RawConnection connection, String bytes) throws IOException {
    connection.socket().getOutputStream().write(bytes.getBytes(ISO_8859_1));
  }

  private static int status(String answer) {
    return Integer.parseInt(answer.substring(9, 12));
  }

  /** All but the id, in which two answers differ. */
  private static String shape(String answer) {
    return answer
        .replaceAll("\"id\":\"[^\"]*\"", "\"id\":\"\"")
        .replaceAll("content-length: \\d+", "content-length: N");
  }

  @Test
  void itsAnswerIsTheOneOfTheGeneralWay() throws Exception {
    try (RawConnection connection = hub.connect()) {
      write(connection, request("same", "plain"));
      String plain = connection.answer();
      write(connection, request("same?x=1", "general"));
      assertThat(shape(plain)).isEqualTo(shape(connection.answer()));
    }
    assertThat(kept("same")).containsExactly("plain", "general");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "event=placed",
        "id=17",
        "event=placed&id=17",
        "id=a.b~c:d_e-f&event=order.placed",
        "event=runnel.gap",
        "event=",
        "id=",
        "event=a&event=b",
        "id=1&id=2",
        "event=caf%C3%A9",
        "event=a+b",
        "event=a;id=1",
        "event=a&complete=false",
        "events=a",
        "id=1&",
        "&id=1",
        "id",
        "id=1#x",
        "id=a/b?c"
      })
  void aTypeAndAnIdAreWhatTheyAreOnTheGeneralWay(String query) throws Exception {
    String topic = "typed-" + query.replaceAll("[^a-z0-9]", "-");
    String plain;
    try (RawConnection connection = hub.connect()) {
      write(connection, request(topic + "?" + query, "x"));
      plain = connection.answer();
      // A header that means nothing here, but is not looked into on the plain way.
      write(connection, request(topic + "?" + query, "x", "TE: trailers"));
      assertThat(shape(plain)).isEqualTo(shape(connection.answer()));
    }
    List<String> blocks = blocks(topic);
    assertThat(blocks).hasSize(status(plain) == 200 ? 2 : 0);
    assertThat(new HashSet<>(blocks)).hasSizeLessThan(2);
  }

  /** The events that are kept of a topic as a stream has them, without ids that the hub gave. */
  private static List<String> blocks(String topic) throws IOException {
    try (RawConnection poll = hub.connect()) {
      String answer = poll.get("/events/" + topic + "?transport=poll&from=oldest&open=no").answer();
      String stream = answer.substring(answer.indexOf("\r\n\r\n") + 4);
      var blocks = new ArrayList<String>();
      for (String block : stream.replaceAll("(id: \\w{8}-|retry: )\\d+\n", "").split("\n\n")) {
        if (block.contains("data: x")) blocks.add(block);
      }
      return blocks;
    }
  }

  @Test
  void cutAtEveryByteItIsPublishedOnce() throws Exception {
    String whole = request("cut", "12345", "Content-Type: text/plain");
    for (int cut = 1; cut < whole.length(); cut++) {
      try (RawConnection connection = hub.connect()) {
        connection.socket().setTcpNoDelay(true);
        write(connection, whole.substring(0, cut));
        Thread.sleep(1);
        write(connection, whole.substring(cut) + request("cut", "after"));
        assertThat(status(connection.answer())).isEqualTo(200);
        assertThat(status(connection.answer())).isEqualTo(200);
      }
    }
    List<String> kept = kept("cut");
    assertThat(kept).hasSize(2 * (whole.length() - 1));
    for (int i = 0; i < kept.size(); i++) {
      assertThat(kept.get(i)).isEqualTo(i % 2 == 0 ? "12345" : "after");
    }
  }

  @Test
  void answersComeInTheOrderOfTheRequestsWhicheverWayEachTakes() throws Exception {
    try (RawConnection connection = hub.connect()) {
      write(
          connection,
          request("order", "1")
              + request("order", "2", "Idempotency-Key: k")
              + "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"
              + request("order", "3")
              + request("order?id=runnel%0A", "bad")
              + request("order", "4")
              + "POST /events/order HTTP/1.1\r\nHost: localhost\r\n"
              + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n"
              + "5"
              + request("order", "6"));
      var statuses = new ArrayList<Integer>();
      for (int i = 0; i < 9; i++) statuses.add(status(connection.answer()));
      assertThat(statuses).containsExactly(200, 200, 404, 200, 400, 200, 100, 200, 200);
    }
    assertThat(kept("order")).containsExactly("1", "2", "3", "4", "5", "6");
  }

  @Test
  void ofTwoRequestsTheSecondOfWhichIsNoneTheFirstIsAnswered() throws Exception {
    try (RawConnection connection = hub.connect()) {
      write(
          connection,
          request("two", "1") + "POST /events/two HTTP/1.1\r\nContent Length: 1\r\n\r\nx");
      write(connection, request("two", "2"));
      assertThat(connection.rest()).startsWith("HTTP/1.1 200").contains("HTTP/1.1 400");
    }
    assertThat(kept("two")).containsExactly("1");
  }

  /** Two lengths, or a length and chunks, are read by some as one request and by others as two. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 3\r\nContent-Length: 60\r\n",
        "Content-Length: 60\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 60\r\n",
        "Content-Length: +60\r\n",
        "Content-Length: 6 0\r\n",
        "Content-Length: 60, 60\r\n",
        "Content-Length : 60\r\n",
        "Content-Length: -1\r\n"
      })
  void aLengthThatCanBeReadInTwoWaysSmugglesNothing(String lengths) throws Exception {
    String inner = request("smuggled", "x");
    try (RawConnection connection = hub.connect()) {
      write(
          connection,
          "POST /events/outer HTTP/1.1\r\nHost: localhost\r\n" + lengths + "\r\n" + inner);
      connection.socket().shutdownOutput();
      assertThat(connection.rest()).doesNotContain("HTTP/1.1 200");
    }
    assertThat(kept("smuggled")).isEmpty();
    assertThat(kept("outer")).isEmpty();
  }

  @Test
  void aBodyThatLooksLikeARequestIsABody() throws Exception {
    String inner = request("inner", "x");
    try (RawConnection connection = hub.connect()) {
      connection.socket().setTcpNoDelay(true);
      write(
          connection,
          "POST /events/around?x=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
              + inner.length()
              + "\r\n\r\n");
      Thread.sleep(50);
      write(connection, inner);
      assertThat(status(connection.answer())).isEqualTo(200);
    }
    assertThat(kept("inner")).isEmpty();
    assertThat(kept("around")).contains("POST /events/inner HTTP/1.1");
  }

  @Test
  void aBodyAtTheLimitIsPublishedAndOneBeyondIsNot() throws Exception {
    try (RawConnection connection = hub.connect()) {
      write(connection, request("limit", "x".repeat(MAX_BODY)));
      assertThat(status(connection.answer())).isEqualTo(200);
      write(connection, request("limit", "x".repeat(MAX_BODY + 1)));
      assertThat(status(connection.answer())).isEqualTo(413);
    }
    assertThat(kept("limit")).containsExactly("x".repeat(MAX_BODY));
  }

  @Test
  void headersBeyondWhatIsLookedAtAndBeyondTheLimitTakeTheGeneralWay() throws Exception {
    try (RawConnection connection = hub.connect()) {
      write(connection, request("long", "1", "X: " + "y".repeat(PlainPublish.MAX_HEAD)));
      assertThat(status(connection.answer())).isEqualTo(200);
      write(connection, request("long", "2", "X: " + "y".repeat(20_000)));
      assertThat(status(connection.answer())).isEqualTo(431);
    }
    assertThat(kept("long")).containsExactly("1");
  }

  @Test
  void whatAHeaderAsksForIsDone() throws Exception {
    assertThat(one(request("asks", "x", "Origin: https://evil.example")))
        .startsWith("HTTP/1.1 403");
    assertThat(one(request("asks", "x").replace("localhost", "evil.example")))
        .startsWith("HTTP/1.1 421");
    assertThat(one(request("asks", "x", "Connection: close"))).contains("connection: close");
    assertThat(one(request("asks", "{\"data\":\"line\"}", "Content-Type: application/x-ndjson")))
        .contains("\"ids\":[");
    String first = one(request("asks", "once", "idempotency-KEY: a"));
    assertThat(one(request("asks", "once", "idempotency-KEY: a"))).isEqualTo(first);
    assertThat(one(request("asks", "\u00ff"))).startsWith("HTTP/1.1 400");
    assertThat(kept("asks")).containsExactly("x", "line", "once");
  }

  @Test
  void aTokenIsAskedForInEveryRequest() throws Exception {
    var config = HubConfig.DEFAULT.with(ConfigKey.PUBLISH_TOKEN, List.of("sesame-0123456789"));
    try (var guarded = new HubUnderTest(config);
        RawConnection connection = guarded.connect()) {
      write(
          connection,
          request("a", "1", "Authorization: Bearer sesame-0123456789")
              + request("a", "2")
              + request("a", "3", "Authorization: Bearer wrong")
              + request("a", "4", "authorization: bearer sesame-0123456789"));
      var statuses = new ArrayList<Integer>();
      for (int i = 0; i < 4; i++) statuses.add(status(connection.answer()));
      assertThat(statuses).containsExactly(200, 401, 401, 200);
    }
  }

  @Test
  void aTopicThatIsCompleteRefusesIt() throws Exception {
    try (RawConnection connection = hub.connect()) {
      write(connection, request("done", "1") + request("done?complete=true", "2"));
      write(connection, request("other", "1") + request("done", "3") + request("other", "2"));
      var statuses = new ArrayList<Integer>();
      for (int i = 0; i < 5; i++) statuses.add(status(connection.answer()));
      assertThat(statuses).containsExactly(200, 200, 200, 409, 200);
    }
  }

  private static String one(String request) throws IOException {
    try (RawConnection connection = hub.connect()) {
      write(connection, request);
      return connection.answer();
    }
  }
}
