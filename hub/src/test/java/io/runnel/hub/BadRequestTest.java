package io.runnel.hub;

import static io.runnel.hub.HubUnderTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Topic;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every mistake has its status and one sentence that names the value and the rule. */
class BadRequestTest {
  private static HubUnderTest hub;

  @BeforeAll
  static void start() throws Exception {
    hub = new HubUnderTest(HubConfig.DEFAULT.with(ConfigKey.MAX_BODY, 1024L));
  }

  @AfterAll
  static void stop() {
    hub.close();
  }

  @Test
  void aTopicThatIsNoneIsRefused() throws Exception {
    assertProblem(post("/events/a//b", "x"), 400, "topic name \\\"a//b\\\" has an empty segment");
    assertProblem(post("/events/a%20b", "x"), 400, "topic name \\\"a b\\\" has white space");
    assertProblem(post("/events/a/*", "x"), 400, "topic name \\\"a/*\\\" has the character *");
    assertProblem(post("/events/", "x"), 400, "no topic: POST /events/{topic}");
    assertProblem(
        get("/events/**/a"),
        400,
        "topic pattern \\\"**/a\\\" has ** before its end; it may only be the last segment");
    assertProblem(get("/events"), 400, "no topic: GET /events/{topic} or /events?topic={topic}");
    assertProblem(get("/events/%zz"), 400, null);
  }

  @Test
  void anEventThatCouldBreakTheStreamIsRefused() throws Exception {
    assertProblem(
        post("/events/a?event=x%0Ay", "x"),
        400,
        "event type has LF at index 1; CR, LF and NUL are not allowed");
    assertProblem(
        post("/events/a?id=%00", "x"),
        400,
        "event id has NUL at index 0; CR, LF and NUL are not allowed");
    assertProblem(
        post("/events/a?id=1%0D", "x"),
        400,
        "event id has CR at index 1; CR, LF and NUL are not allowed");
    assertProblem(
        post("/events/a?id=", "x"),
        400,
        "empty event id: it would make subscribers forget their cursor");
    for (String unfit : new String[] {"%01", "a%09b", "a%7F", "%20a", "a+"}) {
      assertProblem(
          post("/events/a?id=" + unfit, "x"),
          400,
          "event id has a control character, or a space at an end, unfit for a header");
    }
    assertProblem(post("/events/a?event=runnel.gap", "x"), 400, null);
    assertProblem(post("/events/a?id=" + hub.hub.cursor(), "x"), 400, null);
    assertProblem(
        post("/events/a?id=" + "i".repeat(257), "x"),
        400,
        "event id of 257 bytes is over the limit of 256");
  }

  @Test
  void aBodyThatIsTooLargeOrNoTextIsRefused() throws Exception {
    assertProblem(
        post("/events/a", "x".repeat(1025)), 413, "the body is over the limit of 1024 bytes");
    assertProblem(post("/events/a", "\u00ff"), 400, "the body is not UTF-8, which events are");
  }

  @Test
  void anAcceptThatExcludesTheStreamIsRefused() throws Exception {
    for (String accept : List.of("application/json", "text/event-stream;q=0, */*", "*/*;q=0.0")) {
      assertProblem(
          get("/events/a", "Accept: " + accept),
          406,
          "an event stream is text/event-stream, which Accept: " + accept + " excludes");
    }
    for (String accept : List.of("text/event-stream", "application/json, */*;q=0.1", "text/*")) {
      try (RawConnection subscriber = hub.connect().get("/events/a", "Accept: " + accept)) {
        assertThat(subscriber.until("\r\n")).isEqualTo("HTTP/1.1 200 OK\r\n");
      }
    }
  }

  @Test
  void whatIsTooLongForAnyRequestIsRefusedBeforeItIsRead() throws Exception {
    assertProblem(
        get("/events/a", "Last-Event-ID: " + "x".repeat(1 << 20)),
        431,
        "the request's headers are over the limit of 16384 bytes");
    assertProblem(
        get("/events/a?lastEventId=" + "x".repeat(1 << 20)),
        414,
        "the request line is over the limit of 8192 bytes");
  }

  @Test
  void aParameterThatIsNoneOfItsValuesIsRefused() throws Exception {
    assertProblem(
        get("/events/a?from=yesterday"), 400, "from=yesterday is none of now, oldest, latest");
    assertProblem(get("/events/a?open=maybe"), 400, "open=maybe is neither yes nor no");
    assertProblem(get("/events/a?heartbeat=1"), 400, "heartbeat=1 is neither comment nor event");
    assertProblem(
        get("/events/a?transport=pigeon"),
        400,
        "transport=pigeon is none of sse, long-poll, poll, websocket");
    assertProblem(
        get("/events?topic=t" + "&topic=t".repeat(5) + topics(257)),
        400,
        "258 topics are over the limit of 256 a subscription");
  }

  private static String topics(int count) {
    var query = new StringBuilder();
    for (int i = 0; i < count; i++) query.append("&topic=").append(i);
    return query.toString();
  }

  @Test
  void whatIsNoHttpIsAnsweredOnceAndClosed() throws Exception {
    try (RawConnection connection = hub.connect().send("HELO hub\n\nGET /events/a HTTP/1.1\n\n")) {
      assertThat(connection.rest()).startsWith("HTTP/1.1 400 Bad Request");
    }
  }

  @Test
  void whatIsRefusedIsAnsweredAfterWhatCameBeforeIt() throws Exception {
    try (RawConnection connection = hub.connect()) {
      connection.get("/events/late?transport=long-poll").send("HELO hub\n\n");
      connection.post("/events/late", "never read");
      awaitSubscriber("late");
      hub.publish("late", "first");
      assertThat(connection.answer()).startsWith("HTTP/1.1 200").contains("data: first");
      assertThat(connection.answer()).startsWith("HTTP/1.1 400").contains("this is not HTTP");
      assertThat(connection.rest()).isEmpty();
    }
  }

  private static void awaitSubscriber(String topic) throws InterruptedException {
    await(() -> hub.hub.topic(new Topic(topic)).isPresent());
  }

  @Test
  void aRequestNamesOneHost() throws Exception {
    String publish = "POST /events/a HTTP/1.1\n%sContent-Length: 1\n\nx";
    assertProblem(
        answerTo(publish.formatted("")), 400, "a request has one Host header; this one has 0");
    assertProblem(
        answerTo(publish.formatted("Host: localhost\nHost: localhost\n")),
        400,
        "a request has one Host header; this one has 2");
    assertThat(answerTo("GET / HTTP/1.0\n\n")).startsWith("HTTP/1.1 200");
  }

  @Test
  void aTargetInAbsoluteFormSaysWhichHostIsMeant() throws Exception {
    String publish = "POST http://%s HTTP/1.1\nHost: %s\nContent-Length: 1\n\nx";
    assertThat(answerTo(publish.formatted("localhost/events/a?event=b", "evil.example")))
        .startsWith("HTTP/1.1 200");
    assertThat(answerTo(publish.formatted("evil.example/events/a", "localhost")))
        .startsWith("HTTP/1.1 421");
    assertThat(answerTo("GET HTTP://localhost HTTP/1.1\nHost: x\n\n")).startsWith("HTTP/1.1 200");
  }

  @Test
  void aVersionThatIsNotSpokenIsNamed() throws Exception {
    assertProblem(
        answerTo("GET / HTTP/9.1\nHost: localhost\n\n"),
        505,
        "HTTP/9.1 is neither HTTP/1.1 nor HTTP/2");
  }

  private static String answerTo(String request) throws IOException {
    try (RawConnection connection = hub.connect().send(request)) {
      return connection.answer();
    }
  }

  @Test
  void otherMethodsAndPathsAreNamed() throws Exception {
    try (RawConnection connection =
        hub.connect().send("PUT /events/a HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n")) {
      assertThat(connection.answer())
          .startsWith("HTTP/1.1 405")
          .contains("allow: GET, POST, OPTIONS");
    }
    assertProblem(get("/elsewhere"), 404, null);
  }

  @Test
  void pipelinedRequestsAreAnsweredInTheirOrderWhateverBecomesOfThem() throws Exception {
    try (RawConnection connection = hub.connect()) {
      connection
          .post("/events/a", "1")
          .post("/events/a//", "2")
          .post("/events/a", "3")
          .get("/events/a?open=no");
      assertThat(connection.answer()).startsWith("HTTP/1.1 200");
      assertThat(connection.answer()).startsWith("HTTP/1.1 400");
      assertThat(connection.answer()).startsWith("HTTP/1.1 200");
      assertThat(connection.until("\r\n\r\n")).contains("text/event-stream");
    }
  }

  @Test
  void publishingNeedsATokenWhereTokensAreSet() throws Exception {
    var config = HubConfig.DEFAULT.with(ConfigKey.PUBLISH_TOKEN, List.of("sesame-0123456789"));
    try (var guarded = new HubUnderTest(config)) {
      assertThat(guarded.connect().post("/events/a", "x").answer())
          .startsWith("HTTP/1.1 401")
          .contains("www-authenticate: Bearer");
      assertThat(guarded.connect().post("/events/a", "x", "Authorization: Bearer wrong").answer())
          .startsWith("HTTP/1.1 401");
      assertThat(
              guarded
                  .connect()
                  .post("/events/a", "x", "Authorization: Bearer sesame-0123456789")
                  .answer())
          .startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void aPageOfAnotherOriginNeitherPublishesNorReadsUnlessItIsOnTheList() throws Exception {
    var config = HubConfig.DEFAULT.with(ConfigKey.CORS_ORIGIN, List.of("https://shop.example"));
    try (var hub = new HubUnderTest(config)) {
      for (String origin :
          List.of(
              "null",
              "https://evil.example",
              "https://shop.example.evil.example",
              "http://shop.example")) {
        assertThat(hub.connect().post("/events/a", "x", "Origin: " + origin).answer())
            .startsWith("HTTP/1.1 403");
        try (RawConnection reader = hub.connect().get("/events/a", "Origin: " + origin)) {
          assertThat(reader.until("\r\n\r\n"))
              .contains("Vary: Origin")
              .doesNotContain("Access-Control");
        }
      }
      assertThat(hub.connect().post("/events/a", "x", "Origin: https://shop.example").answer())
          .startsWith("HTTP/1.1 200")
          .contains(
              "access-control-allow-origin: https://shop.example",
              "access-control-allow-credentials: true");
      assertThat(hub.connect().post("/events/a", "x", "Origin: http://localhost").answer())
          .startsWith("HTTP/1.1 200");
    }
  }

  private static String get(String path, String... headers) throws IOException {
    try (RawConnection connection = hub.connect().get(path, headers)) {
      return connection.answer();
    }
  }

  private static String post(String path, String body, String... headers) throws IOException {
    try (RawConnection connection = hub.connect().post(path, body, headers)) {
      return connection.answer();
    }
  }

  private static void assertProblem(String answer, int status, String detail) {
    assertThat(answer)
        .startsWith("HTTP/1.1 " + status)
        .contains("content-type: application/problem+json");
    if (detail != null) assertThat(answer).contains("\"detail\":\"" + detail + "\"");
  }
}
