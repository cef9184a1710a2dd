package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Hub;
import io.runnel.engine.Topic;
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
import org.junit.jupiter.api.Test;

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
          new Call("POST", "/events/k?id=k1", "x", "Idempotency-Key", "k"),
          new Call("POST", "/events/k?id=k1", "x", "Idempotency-Key", "k"),
          new Call("POST", "/events/k?id=k2", "y", "Idempotency-Key", "k"),
          new Call("POST", "/events/c?complete=true&id=c1", "last"),
          new Call("POST", "/events/c", "too late"),
          new Call("GET", "/events/c?lastEventId=c1", ""),
          new Call("GET", "/events/c?open=no", ""),
          new Call("PUT", "/events/a", ""));

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
        + answer
            .body()
            .replaceAll("[0-9a-z]{8}-(\\d+)", "E-$1")
            .replaceAll("retry: \\d+", "retry: N")
            .replace(": see cors-origin", "");
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
