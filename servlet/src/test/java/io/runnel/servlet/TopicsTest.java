package io.runnel.servlet;

import static io.runnel.servlet.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.eventstream.Event;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Topics over a servlet: what comes, and what is refused. */
class TopicsTest extends ContainerTest {
  @ParameterizedTest
  @EnumSource
  void aStreamBeginsAtOnceAndBringsWhatIsPublished(Protocol protocol) throws Exception {
    String topic = newTopic();
    try (Received stream = open(protocol, "/events/" + topic)) {
      assertThat(stream.response.statusCode()).isEqualTo(200);
      assertThat(stream.response.version()).isEqualTo(protocol.version);
      assertThat(stream.response.headers().map())
          .containsEntry("cache-control", List.of("no-store, no-transform"))
          .containsEntry("x-accel-buffering", List.of("no"));
      assertThat(stream.response.headers().firstValue("content-type").orElse(""))
          .startsWith("text/event-stream");
      Event opening = stream.next();
      assertThat(opening.type()).isEqualTo("runnel.open");
      assertThat(opening.data()).isEqualTo("{\"recovered\":null,\"heartbeat\":1000}");
      String id = publishedId(protocol, topic + "?event=placed", "one\ntwo");
      assertThat(stream.next()).isEqualTo(new Event("placed", "one\ntwo", id));
      publish(protocol, topic + "?id=own", "three");
      assertThat(stream.next()).isEqualTo(new Event("message", "three", "own"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStreamResumesAfterItsLastEventIdAndSaysWhatIsMissing(Protocol protocol) throws Exception {
    String topic = newTopic();
    String first = publishedId(protocol, topic, "1");
    publish(protocol, topic, "2");
    publish(protocol, topic, "3");
    try (Received byHeader = open(protocol, "/events/" + topic, "Last-Event-ID", first);
        Received byQuery = open(protocol, "/events?topic=" + topic + "&lastEventId=" + first);
        Received unknown = open(protocol, "/events/" + topic + "?evs_last_event_id=nobody")) {
      for (Received stream : List.of(byHeader, byQuery)) {
        assertThat(stream.nextData()).contains("\"recovered\":true");
        assertThat(stream.nextData()).isEqualTo("2");
        assertThat(stream.nextData()).isEqualTo("3");
      }
      assertThat(unknown.nextData()).contains("\"recovered\":false");
      Event gap = unknown.next();
      assertThat(gap.type()).isEqualTo("runnel.gap");
      assertThat(gap.data()).contains("\"reason\":\"unknown\"");
      assertThat(unknown.nextData()).isEqualTo("1");
    }
  }

  @ParameterizedTest
  @EnumSource
  void severalTopicsAndPatternsComeInOneOrder(Protocol protocol) throws Exception {
    String root = newTopic();
    try (Received stream =
        open(protocol, "/events/" + root + "/a?topic=" + root + "/b/*&open=no&from=oldest")) {
      publish(protocol, root + "/a", "1");
      publish(protocol, root + "/b/x", "2");
      publish(protocol, root + "/c", "not asked for");
      publish(protocol, root + "/b/y", "3");
      assertThat(List.of(stream.nextData(), stream.nextData(), stream.nextData()))
          .containsExactly("1", "2", "3");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTopicThatIsCompleteEndsItsStreamsAndWhoHasAllIsTold(Protocol protocol) throws Exception {
    String topic = newTopic();
    try (Received stream = open(protocol, "/events/" + topic)) {
      stream.next();
      String id = publishedId(protocol, topic + "?complete=true", "last");
      assertThat(stream.nextData()).isEqualTo("last");
      assertThat(stream.endsNow()).isTrue();
      HttpResponse<String> again = get(protocol, "/events/" + topic, "Last-Event-ID", id);
      assertThat(again.statusCode()).isEqualTo(204);
      assertThat(again.body()).isEmpty();
      assertThat(publish(protocol, topic, "too late").statusCode()).isEqualTo(409);
    }
  }

  @ParameterizedTest
  @EnumSource
  void pollsGetTheSameEventsAndEnd(Protocol protocol) throws Exception {
    String topic = newTopic();
    HttpResponse<String> nothing = get(protocol, "/events/" + topic + "?transport=poll");
    assertThat(nothing.statusCode()).isEqualTo(200);
    assertThat(nothing.body()).contains("event: runnel.open\n").doesNotContain("data: one");
    publish(protocol, topic, "one");
    assertThat(get(protocol, "/events/" + topic + "?transport=poll&from=oldest").body())
        .contains("data: one\n\n");
    long opened = hub.statistics().opened();
    var waiting =
        client(protocol)
            .sendAsync(
                request(protocol, "/events/" + topic + "?transport=long-poll").build(),
                HttpResponse.BodyHandlers.ofString());
    await(() -> hub.statistics().opened() > opened);
    Thread.sleep(200);
    assertThat(waiting).isNotDone();
    publish(protocol, topic, "two");
    assertThat(waiting.get(60, TimeUnit.SECONDS).body()).contains("data: two\n\n");
  }

  @ParameterizedTest
  @EnumSource
  void aQuietStreamHasHeartbeatsOfTheKindAskedFor(Protocol protocol) throws Exception {
    try (Received comments = open(protocol, "/events/" + newTopic());
        Received events = open(protocol, "/events/" + newTopic() + "?heartbeat=event")) {
      assertThat(comments.nextComment()).isEmpty();
      events.next();
      assertThat(events.next()).extracting(Event::type).isEqualTo("runnel.heartbeat");
    }
  }

  @Test
  void paddingComesFirst() throws Exception {
    for (String asked : List.of("padding=true", "evs_preamble=1")) {
      try (Received stream = open(Protocol.HTTP_1_1, "/events/" + newTopic() + "?" + asked)) {
        assertThat(stream.nextComment()).hasSizeBetween(2047, 2048).isBlank();
        assertThat(stream.next().type()).isEqualTo("runnel.open");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void mistakesHaveAStatusAndASentence(Protocol protocol) throws Exception {
    assertProblem(get(protocol, "/events/a%20b"), 400, "has white space");
    assertProblem(get(protocol, "/events"), 400, "no topic: GET /events/");
    assertProblem(get(protocol, "/events/a?from=x"), 400, "from=x is none of now, oldest, latest");
    assertProblem(get(protocol, "/events/a?padding=9"), 400, "padding=9 is neither true nor false");
    assertProblem(get(protocol, "/events/a", "Accept", "application/json"), 406, "Accept");
    assertProblem(publish(protocol, "a?event=runnel.gap", "x"), 400, "reserved");
    assertProblem(publish(protocol, "a", "x".repeat((1 << 20) + 1)), 413, "limit of 1048576");
    assertProblem(publish(protocol, "forbidden/x", "x"), 403, "you may not publish to forbidden/x");
    assertProblem(get(protocol, "/events/secret/x"), 403, "not all of these topics");
    HttpResponse<String> put =
        client(protocol)
            .send(
                request(protocol, "/events/a").PUT(HttpRequest.BodyPublishers.ofString("")).build(),
                HttpResponse.BodyHandlers.ofString());
    assertProblem(put, 405, "PUT is neither GET nor POST");
    assertThat(put.headers().firstValue("allow")).contains("GET, POST, OPTIONS");
    await(() -> streams.statistics().open() == 0);
  }

  @Test
  void aQueryThatCannotBeDecodedIsRefused() throws Exception {
    try (var connection = new RawConnection(container.port())) {
      assertThat(connection.get("/events/a?topic=%zz").until("\r\n\r\n")).contains(" 400 ");
    }
  }

  @Test
  void aPageOfAnotherOriginPublishesNothing() throws Exception {
    String post = "POST /events/a HTTP/1.1\nHost: localhost\nContent-Length: 1\n";
    try (var connection = new RawConnection(container.port())) {
      assertThat(connection.send(post + "Origin: http://evil.example\n\nx").until("\r\n\r\n"))
          .contains(" 403 ");
      assertThat(connection.send(post + "Origin: http://localhost\n\nx").until("\r\n\r\n"))
          .contains(" 200 ");
    }
  }

  private static void assertProblem(HttpResponse<String> answer, int status, String detail) {
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.headers().firstValue("content-type").orElse(""))
        .startsWith("application/problem+json");
    assertThat(answer.body()).contains("\"status\":" + status, detail);
  }
}
