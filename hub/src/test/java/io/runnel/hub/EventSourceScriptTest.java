package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The hub has the script that makes an {@code EventSource} where there is none. */
class EventSourceScriptTest {
  private static final Path SERVED = Path.of("../browser/served/runnel-eventsource.js");

  private HubUnderTest hub;

  @BeforeEach
  void start() throws Exception {
    hub = new HubUnderTest();
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private HttpResponse<byte[]> ask(String method, String... headers) throws Exception {
    var uri = URI.create("http://127.0.0.1:" + hub.server.port() + "/runnel-eventsource.js");
    var request = HttpRequest.newBuilder(uri).method(method, HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) request.headers(headers);
    return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofByteArray());
  }

  private static String header(HttpResponse<?> answer, String name) {
    return answer.headers().firstValue(name).orElse("");
  }

  @Test
  void itIsTheOneThatWasBuiltAndMayBeKeptForADay() throws Exception {
    HttpResponse<byte[]> answer = ask("GET");

    assertThat(answer.body()).isEqualTo(Files.readAllBytes(SERVED));
    assertThat(header(answer, "Content-Type")).isEqualTo("text/javascript; charset=utf-8");
    assertThat(header(answer, "Cache-Control")).isEqualTo("public, max-age=86400");
    assertThat(header(answer, "Vary")).isEqualTo("Accept-Encoding");
  }

  @Test
  void whoTakesGzipGetsItAndThatIsAtMostTenKilobytes() throws Exception {
    HttpResponse<byte[]> answer = ask("GET", "Accept-Encoding", "br, gzip;q=0.8");

    assertThat(header(answer, "Content-Encoding")).isEqualTo("gzip");
    assertThat(answer.body()).hasSizeLessThan(10 * 1024);
    byte[] script = new GZIPInputStream(new ByteArrayInputStream(answer.body())).readAllBytes();
    assertThat(script).isEqualTo(Files.readAllBytes(SERVED));
    for (String encodings :
        new String[] {"identity", "gzip;q=0", "br, gzip; q=0.0, deflate", "notgzip"}) {
      assertThat(header(ask("GET", "Accept-Encoding", encodings), "Content-Encoding")).isEmpty();
    }
  }

  @Test
  void whoHasItIsToldSoInEachEncoding() throws Exception {
    for (String encoding : new String[] {"identity", "gzip"}) {
      String tag = header(ask("GET", "Accept-Encoding", encoding), "ETag");
      HttpResponse<byte[]> again = ask("GET", "Accept-Encoding", encoding, "If-None-Match", tag);
      assertThat(again.statusCode()).isEqualTo(304);
      assertThat(again.body()).isEmpty();
      assertThat(header(again, "ETag")).isEqualTo(tag);
      assertThat(ask("GET", "If-None-Match", "\"other\"").statusCode()).isEqualTo(200);
    }
    assertThat(header(ask("GET"), "ETag"))
        .isNotEqualTo(header(ask("GET", "Accept-Encoding", "gzip"), "ETag"));
  }

  @Test
  void headTellsTheLengthAndNothingElseIsTaken() throws Exception {
    assertThat(header(ask("HEAD"), "Content-Length")).isEqualTo("" + Files.size(SERVED));
    assertThat(ask("HEAD").body()).isEmpty();
    HttpResponse<byte[]> put = ask("PUT");
    assertThat(put.statusCode()).isEqualTo(405);
    assertThat(new String(put.body(), UTF_8)).contains("PUT is neither GET nor HEAD");
  }
}
