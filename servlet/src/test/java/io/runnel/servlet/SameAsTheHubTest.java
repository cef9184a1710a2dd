package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Hub;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import io.runnel.hub.ConfigKey;
import io.runnel.hub.HubConfig;
import io.runnel.hub.HubServer;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link TopicServlet} answers as the stand-alone hub does, mistakes included. */
class SameAsTheHubTest {
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private record Call(String method, String path, String body, String... headers) {}

  private static final List<Call> CALLS =
      List.of(
          new Call("GET", "/events/a%20b", ""),
          new Call("GET", "/events/**/a", ""),
          new Call("GET", "/events/a?from=yesterday", ""),
          new Call("GET", "/events/a?open=maybe", ""),
          new Call("GET", "/events/a?heartbeat=1", ""),
          new Call("GET", "/events/a?padding=9", ""),
          new Call("GET", "/events/a?evs_preamble=x", ""),
          new Call("GET", "/events/a?transport=poll&open=no", ""),
          new Call("GET", "/events", ""),
          new Call("GET", "/events/", ""),
          new Call("GET", "/events?topic=t" + "&topic=x".repeat(3) + manyTopics(), ""),
          new Call("GET", "/events/a", "", "Accept", "application/json"),
          new Call("GET", "/events/a", "", "Accept", "text/event-stream;q=0, */*"),
          new Call("GET", "/events/a?transport=poll", ""),
          new Call("GET", "/events/a?transport=poll&from=oldest&open=no", ""),
          new Call("GET", "/events/a?transport=poll&lastEventId=nobody", ""),
          new Call("POST", "/events/", "x"),
          new Call("POST", "/events/a%20b", "x"),
          new Call("POST", "/events/a?event=x%0Ay", "x"),
          new Call("POST", "/events/a?id=%00", "x"),
          new Call("POST", "/events/a?id=", "x"),
          new Call("POST", "/events/a?event=runnel.gap", "x"),
          new Call("POST", "/events/a?id=" + "i".repeat(257), "x"),
          new Call("POST", "/events/a", "x", "Origin", "http://evil.example"),
          new Call("POST", "/events/a?id=own&event=placed", "one\ntwo"),
          new Call("POST", "/events/a?transport=poll", "x"),
          new Call("POST", "/events/a?padding=true", "x"),
          new Call("POST", "/events/a?_method=DELETE", ""),
          new Call("POST", "/events/a?_method=GET&id=7", ""),
          new Call("POST", "/events?_method=GET", "topic=a&transport=poll&from=oldest&open=no"),
          new Call("POST", "/events/a?_method=get", "transport=poll&lastEventId=own"),
          new Call("POST", "/events/a?_method=GET", "transport=pigeon"),
          new Call("POST", "/events/a?_method=GET", "transport=websocket"),
          new Call("POST", "/events/a?_method=GET", "{}", "Content-Type", "application/json"),
          new Call("POST", "/events/a?_method=GET", "token=" + "x".repeat(8192)),
          new Call("POST", "/events/k?id=k1", "x", "Idempotency-Key", "k"),
          new Call("POST", "/events/k?id=k1", "x", "Idempotency-Key", "k"),
          new Call("POST", "/events/k?id=k2", "y", "Idempotency-Key", "k"),
          new Call("POST", "/events/c?complete=true&id=c1", "last"),
          new Call("POST", "/events/c", "too late"),
          new Call("POST", "/events/d?complete=true", "x", "Idempotency-Key", "d"),
          new Call("POST", "/events/d?complete=true", "x", "Idempotency-Key", "d"),
          new Call("POST", "/events/d?complete=true", "", "Idempotency-Key", "d"),
          new Call("GET", "/events/c?lastEventId=c1", ""),
          new Call("GET", "/events/c?open=no", ""),
          new Call("PUT", "/events/a", ""),
          new Call("GET", "/events/a?transport=carrier-pigeon", ""),
          new Call("GET", "/events/a?transport=websocket", ""),
          new Call("GET", "/events/a", "", "Sec-WebSocket-Key", "x"),
          batch("/events/b", "{\"data\":\"1\",\"id\":\"b1\"}\n{\"data\":{\"a\": [1, -2.5e3]} }\n"),
          batch("/events/b", "{\"data\":\"\\u00e4\\n\\\"\",\"id\":\"b2\",\"event\":\"x\"}"),
          new Call("GET", "/events/b?transport=poll&from=oldest&open=no", ""),
          batch(
              "/events",
              "{\"data\":true,\"topic\":\"b/1\",\"id\":\"t1\"}\n{\"data\":\"x\",\"topic\":\"b/2\"}"),
          new Call("GET", "/events/b/*?transport=poll&from=oldest&open=no", ""),
          batch("/events", "{\"data\":\"x\"}"),
          batch("/events/b", ""),
          batch("/events/b", "{\"data\":\"x\"}\n\n"),
          batch("/events/b", "[1]"),
          batch("/events/b", "{\"data\":null}"),
          batch("/events/b", "{\"event\":\"x\"}"),
          batch("/events/b", "{\"data\":\"x\",\"id\":7}"),
          batch("/events/b", "{\"data\":\"x\",\"topic\":\"c\"}"),
          batch("/events/b", "{\"data\":\"x\"}{\"data\":\"y\"}"),
          batch("/events/b", "{\"data\":\"x\",\"event\":\"runnel.gap\"}"),
          batch("/events/b", "{\"data\":\"x\"}\n".repeat(10_001)),
          batch("/events/b?id=7", "{\"data\":\"x\"}"));

  private static Call batch(String path, String body) {
    return new Call("POST", path, body, "Content-Type", "application/x-ndjson");
  }

  /** Lines that are published, or refused, by both in the same words. */
  private static final List<String> LINES =
      List.of(
          "{\"data\":\"x\"",
          "{\"data\":\"x\",}",
          "{\"data\":\"x\",\"data\":\"y\"}",
          "{'data':'x'}",
          "{\"data\":\"\\x\"}",
          "{\"data\":\"\\u12\uff11\uff11\"}",
          "{\"data\":\"\u0001\"}",
          "{\"data\":01}",
          "{\"data\":1.}",
          "{\"data\":+1}",
          "{\"data\":nul}",
          "{\"data\":nullx}",
          "{\"data\":[1,]}",
          "{\"data\":" + "[".repeat(2000) + "]".repeat(2000) + "}",
          "{\"data\":\"x\"} x",
          "{\"data\":\"x\",\"evnet\":\"y\"}",
          "{\"data\":null}",
          "{\"data\":\"x\",\"event\":null,\"id\":null,\"topic\":null}",
          "{\"data\":\"x\",\"event\":7}",
          "{\"data\":\"x\",\"event\":\"a\",\"type\":\"b\",\"id\":\"l1\"}",
          "{\"data\":\"x\",\"id\":[null]}",
          "{\"data\":\"x\",\"id\":\"a\\u0000b\"}",
          "{\"data\":\"x\",\"event\":\"a\\nb\"}",
          "{\"data\":\"x\",\"topic\":\"\"}",
          "{\"data\":\"x\",\"topic\":\"a b\"}",
          "{\"data\":\"x\",\"topic\":\"\\u0007\"}",
          "{\"data\":\"x\",\"topic\":7}",
          "{}",
          "null",
          "\ufeff{\"data\":\"x\"}",
          " \t{ \"data\" : -1.5E+3 } \r",
          "   ");

  private static String manyTopics() {
    var query = new StringBuilder();
    for (int i = 0; i < 256; i++) query.append("&topic=").append(i);
    return query.toString();
  }

  @Test
  void everyAnswerIsTheHubs() throws Exception {
    var container = new TomcatContainer();
    try (Hub ours = Hub.inMemory();
        Hub theirs = Hub.inMemory();
        var streams = new EventStreams(ours, EventStreamsSettings.DEFAULT);
        HubServer hub =
            HubServer.start(HubConfig.DEFAULT.with(ConfigKey.PORT, 0), theirs, List.of())) {
      container.start(Map.of("/events/*", new Open()), 20, streams);
      for (Call call : CALLS) {
        HttpResponse<String> expected = send(hub.port(), call);
        HttpResponse<String> actual = send(container.port(), call);
        assertThat(said(actual)).as(call.toString()).isEqualTo(said(expected));
      }
      for (String line : LINES) {
        Call call = batch("/events/b", "{\"data\":\"first\"}\n" + line);
        HttpResponse<String> expected = send(hub.port(), call);
        assertThat(said(send(container.port(), call))).as(line).isEqualTo(said(expected));
        assertThat(expected.body()).as(line).containsAnyOf("\"ids\":", "line 2: ");
      }
      container.stop();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TOMCAT", "JETTY"})
  void everyMessageOfAWebSocketIsTheHubs(Containers each) throws Exception {
    var random = new Random(20261121);
    Container container = each.make();
    try (Hub ours = Hub.inMemory();
        Hub theirs = Hub.inMemory();
        var streams = new EventStreams(ours, EventStreamsSettings.DEFAULT);
        HubServer hub =
            HubServer.start(HubConfig.DEFAULT.with(ConfigKey.PORT, 0), theirs, List.of())) {
      container.start(Map.of("/events/*", new Open()), 20, streams);
      String path = "/events/a?topic=b/*&heartbeat=event";
      try (var actual = new ListeningSocket(http, container.url(path));
          var expected = new ListeningSocket(http, "http://localhost:" + hub.port() + path)) {
        assertThat(said(actual.next())).isEqualTo(said(expected.next()));
        for (int i = 0; i < 300; i++) {
          var event =
              new Event(
                  HostileText.line(random), HostileText.text(random), i % 3 > 0 ? null : "i" + i);
          var topic = new Topic(i % 2 == 0 ? "a" : "b/" + i);
          ours.publish(topic, event).join();
          theirs.publish(topic, event).join();
          assertThat(said(actual.next())).isEqualTo(said(expected.next()));
        }
        for (Hub hubs : List.of(ours, theirs)) hubs.publish(new Topic("a"), Event.of("last"));
        assertThat(said(actual.next())).isEqualTo(said(expected.next()));
      }
      container.stop();
    }
  }

  /** Status, type and body, without what differs from hub to hub or by chance. */
  private static String said(HttpResponse<String> answer) {
    String type = answer.headers().firstValue("content-type").orElse("");
    return answer.statusCode()
        + "\n"
        + type.replaceAll(";.*", "")
        + "\n"
        + said(answer.body()).replace(": see cors-origin", "");
  }

  private static String said(String text) {
    return text.replaceAll("[0-9a-z]{8}-(\\d+)", "E-$1")
        .replaceAll("retry(\":|: )\\d+", "retry$1N");
  }

  private HttpResponse<String> send(int port, Call call) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + call.path))
            .method(
                call.method,
                call.body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(call.body, UTF_8));
    if (call.headers.length > 0) request.headers(call.headers);
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static final class Open extends TopicServlet {
    @Override
    protected boolean mayPublish(HttpServletRequest request, Topic topic) {
      return true;
    }
  }
}
