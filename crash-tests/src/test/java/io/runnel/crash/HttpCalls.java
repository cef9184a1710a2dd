package io.runnel.crash;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** A few requests to a hub. Any thread. */
final class HttpCalls {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private HttpCalls() {}

  /** What was answered. */
  record Answer(int status, String body) {}

  static Answer publish(int port, String topic, String data)
      throws IOException, InterruptedException {
    return call(request(port, "/events/" + topic).POST(BodyPublishers.ofString(data)).build());
  }

  static Answer get(int port, String path) throws IOException, InterruptedException {
    return call(request(port, path).build());
  }

  private static HttpRequest.Builder request(int port, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(Duration.ofSeconds(60));
  }

  private static Answer call(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<byte[]> response = CLIENT.send(request, BodyHandlers.ofByteArray());
    return new Answer(response.statusCode(), new String(response.body(), UTF_8));
  }
}
