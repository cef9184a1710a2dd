package io.runnel.client;

import static io.runnel.client.ScriptedServer.OK;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The service that an independent harness drives does what that harness expects of it. */
@Timeout(60)
class ContractTestServiceTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private static HttpResponse<String> send(String method, URI uri, String body) throws Exception {
    var request = HttpRequest.newBuilder(uri).method(method, BodyPublishers.ofString(body)).build();
    return CLIENT.send(request, BodyHandlers.ofString());
  }

  private static String told(ScriptedServer.Peer callback) {
    return callback.requestLine().split(" ")[1] + " " + callback.body();
  }

  @Test
  void aStreamIsOpenedRestartedListenedToAndClosed() throws Exception {
    var go = new CountDownLatch(1);
    ScriptedServer.Script first =
        peer -> {
          peer.readRequest();
          peer.write(OK + ": hi\n\nevent: unheard\ndata: x\n\nid: 1\ndata: \"a\"\ndata:\n\n");
          peer.awaitEnd();
        };
    ScriptedServer.Script second =
        peer -> {
          peer.readRequest();
          go.await();
          peer.write(OK + "event: t\ndata: b\n\n");
          peer.awaitEnd();
        };
    try (var service = new ContractTestService(0);
        var server = new ScriptedServer(first, second, ScriptedServer.status("401 No"));
        var harness = new ScriptedServer(ScriptedServer.status("202 OK\r\nConnection: close"))) {
      assertThat(send("GET", service.uri(), "").body())
          .contains("\"server-directed-shutdown-request\"");
      String wanted =
          "{\"streamUrl\":\""
              + server.uri("/s")
              + "\",\"callbackUrl\":\""
              + harness.uri("/cb")
              + "\",\"initialDelayMs\":0,\"lastEventId\":\"0\",\"headers\":{\"x-a\":\"b\"},"
              + "\"method\":\"REPORT\",\"body\":\"ü\",\"tag\":\"t\"}";
      var created = send("POST", service.uri(), wanted);
      assertThat(created.statusCode()).isEqualTo(201);
      URI stream = service.uri().resolve(created.headers().firstValue("Location").orElseThrow());

      var request = server.next();
      assertThat(
              List.of(
                  request.requestLine(),
                  request.header("Last-Event-ID"),
                  request.header("x-a"),
                  request.body()))
          .containsExactly("REPORT /s HTTP/1.1", "0", "b", "ü");
      var callbacks = new ArrayList<String>();
      callbacks.add(told(harness.next()));
      callbacks.add(told(harness.next()));

      assertThat(send("POST", stream, "{\"command\":\"nonsense\"}").statusCode()).isEqualTo(400);
      String listen = "{\"command\":\"listen\",\"listen\":{\"type\":\"t\"}}";
      assertThat(send("POST", stream, listen).statusCode()).isEqualTo(202);
      assertThat(send("POST", stream, "{\"command\":\"restart\"}").statusCode()).isEqualTo(202);
      assertThat(server.next().header("Last-Event-ID")).isEqualTo("1");
      go.countDown();
      callbacks.add(told(harness.next()));
      assertThat(callbacks)
          .containsExactly(
              "/cb/1 {\"kind\":\"comment\",\"comment\":\"hi\"}",
              "/cb/2 {\"kind\":\"event\",\"event\":{\"type\":\"message\","
                  + "\"data\":\"\\\"a\\\"\\u000a\",\"id\":\"1\"}}",
              "/cb/3 {\"kind\":\"event\",\"event\":{\"type\":\"t\",\"data\":\"b\",\"id\":\"1\"}}");

      send("POST", stream, "{\"command\":\"restart\"}");
      assertThat(told(harness.next())).startsWith("/cb/4 {\"kind\":\"error\",\"error\":\"STATUS");
      assertThat(send("DELETE", stream, "").statusCode()).isEqualTo(204);
      assertThat(send("DELETE", stream, "").statusCode()).isEqualTo(404);
      assertThat(send("POST", service.uri(), "{}").statusCode()).isEqualTo(400);
      assertThat(harness.waiting()).isZero();
    }
  }
}
