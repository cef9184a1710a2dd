package io.runnel.client;

import static io.runnel.client.ScriptedServer.status;
import static io.runnel.client.ScriptedServer.stream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Redirects are followed as Fetch says, and never carry a secret to another origin. */
@Timeout(60)
@SuppressWarnings("try") // a source may stand in a try only to be closed
class RedirectTest {
  private static final Map<String, String> SECRET =
      Map.of("authorization", "Bearer secret", "content-type", "text/plain");

  private final Recorder told = new Recorder();

  private static StreamRequest get(String uri) {
    return new StreamRequest(URI.create(uri), "GET", SECRET, null, "7");
  }

  private static StreamRequest post(String uri) {
    return new StreamRequest(URI.create(uri), "POST", SECRET, BodyPublishers.ofString("body"), "7");
  }

  private static StreamRequest follow(StreamRequest request, int status, String location)
      throws ConnectionFailedException {
    return Redirects.follow(request, status, Optional.of(location));
  }

  /** Method, URI, whether it has a body, and the names of its headers. */
  private static String said(StreamRequest request) {
    return request.method()
        + " "
        + request.uri()
        + (request.body() == null ? "" : " with body")
        + " "
        + new java.util.TreeSet<>(request.headers().keySet());
  }

  @Test
  void theSameOriginKeepsHeadersMethodAndBody() throws Exception {
    String both = "[authorization, content-type]";
    assertThat(said(follow(get("http://a/x?y"), 301, "/z?t=1")))
        .isEqualTo("GET http://a/z?t=1 " + both);
    assertThat(said(follow(get("http://a/x/"), 302, "z"))).isEqualTo("GET http://a/x/z " + both);
    assertThat(said(follow(get("http://a/x"), 303, "http://A:80/z")))
        .isEqualTo("GET http://A:80/z " + both);
    assertThat(said(follow(post("http://a/x"), 307, "/z")))
        .isEqualTo("POST http://a/z with body " + both);
    assertThat(said(follow(post("http://a/x"), 308, "/z")))
        .isEqualTo("POST http://a/z with body " + both);
  }

  @Test
  void aPostBecomesAGetWithoutBodyWhereFetchSaysSo() throws Exception {
    for (int status : new int[] {301, 302, 303}) {
      assertThat(said(follow(post("http://a/x"), status, "/z")))
          .isEqualTo("GET http://a/z [authorization]");
    }
  }

  @Test
  void anotherOriginSeesNoneOfTheCallersHeaders() throws Exception {
    for (String foreign :
        new String[] {"http://b/", "http://a:8080/", "https://a/", "http://sub.a/", "//b/"}) {
      for (int status : new int[] {301, 302, 303, 307, 308}) {
        assertThat(follow(get("http://a/x"), status, foreign).headers()).isEmpty();
      }
    }
  }

  @Test
  void headersDoNotComeBackOnTheWayBack() throws Exception {
    var away = follow(get("http://a/"), 307, "http://b/");
    assertThat(follow(away, 307, "http://a/").headers()).isEmpty();
  }

  @Test
  void aBodyIsNotCarriedToAnotherOrigin() {
    assertThatThrownBy(() -> follow(post("http://a/"), 307, "http://b/"))
        .hasMessageContaining("a body is not carried");
  }

  @Test
  void httpsIsNeverLeftAndNothingButHttpIsFollowed() {
    for (String to :
        new String[] {"http://a/", "http://b/", "ftp://a/", "file:///etc", "data:,x"}) {
      assertThatThrownBy(() -> follow(get("https://a/"), 302, to))
          .as(to)
          .isInstanceOf(ConnectionFailedException.class);
    }
  }

  @Test
  void aLocationThatIsNoUriIsAFailureThatKeepsQueriesOutOfItsMessage() {
    assertThatThrownBy(() -> follow(get("http://a/x?token=secret"), 302, "http://[bad"))
        .isInstanceOf(ConnectionFailedException.class)
        .hasMessageNotContaining("secret");
  }

  @Test
  void aRedirectWithoutALocationFails() throws Exception {
    for (String headers : new String[] {"307 Moved", "307 Moved\r\nLocation:"}) {
      var told = new Recorder();
      try (var server = new ScriptedServer(status(headers));
          var source = EventSource.to(server.uri("/")).start(told)) {
        assertThat(told.untilClosed()).containsExactly("closed REDIRECT");
      }
    }
  }

  @Test
  void aReconnectBeginsAtTheOriginalUriAgain() throws Exception {
    try (var server =
            new ScriptedServer(
                status("307 Moved\r\nLocation: /b"),
                ScriptedServer.answer(ScriptedServer.OK + "data: x\n\n"),
                stream(""));
        var source =
            EventSource.to(server.uri("/a"))
                .header("Authorization", "Bearer t")
                .reconnect(ReconnectPolicy.fixed(Duration.ZERO))
                .start(told)) {
      assertThat(told.next(2)).containsExactly("opened /b", "message x #");
      assertThat(server.next().requestLine()).isEqualTo("GET /a HTTP/1.1");
      var second = server.next();
      assertThat(second.requestLine()).isEqualTo("GET /b HTTP/1.1");
      assertThat(second.header("Authorization")).isEqualTo("Bearer t");
      assertThat(server.next().requestLine()).isEqualTo("GET /a HTTP/1.1");
    }
  }

  @Test
  void aForeignServerNeverSeesTheSecretOnTheWireEvenInAChain() throws Exception {
    try (var home = new ScriptedServer(stream(""))) {
      try (var foreign = new ScriptedServer(status("307 On\r\nLocation: " + home.uri("/back")));
          var start = new ScriptedServer(status("307 On\r\nLocation: " + foreign.uri("/f")));
          var source =
              EventSource.to(start.uri("/a"))
                  .header("Authorization", "Bearer secret")
                  .header("Cookie", "secret")
                  .header("X-Api-Key", "secret")
                  .lastEventId("7")
                  .start(told)) {
        assertThat(start.next().head()).contains("secret");
        assertThat(foreign.next().head()).doesNotContain("secret").contains("Last-Event-ID: 7");
        assertThat(home.next().head()).doesNotContain("secret");
      }
    }
  }
}
