package io.runnel.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pages of other origins: those on the list read every answer, no other reads any. */
class CorsTest {
  private static final String SHOP = "https://shop.example";
  private static final List<String> OTHERS =
      List.of(
          "null",
          "*",
          "https://shop.example.evil.example",
          "https://evil-shop.example",
          "https://SHOP.example",
          "http://shop.example",
          "https://shop.example:8443",
          "https://shop.example/",
          "https://user@shop.example");

  private HubUnderTest hub;

  @BeforeEach
  void start() throws Exception {
    hub =
        new HubUnderTest(
            HubConfig.DEFAULT
                .with(ConfigKey.CORS_ORIGIN, List.of(SHOP, "http://localhost:3000"))
                .with(ConfigKey.MAX_BODY, 1000L)
                .with(ConfigKey.MAX_REQUEST_HEADER_BYTES, 4096L)
                .with(ConfigKey.SUBSCRIBE_TOKEN, List.of("sesame-0123456789")));
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private static final String TOKEN = "Authorization: Bearer sesame-0123456789";

  /** The head of the answer, in lower case: a stream's is written by hand. */
  private String head(String request) throws IOException {
    try (RawConnection connection = hub.connect().send(request)) {
      return connection.until("\r\n\r\n").toLowerCase(Locale.ROOT);
    }
  }

  private static String get(String path, String origin) {
    return "GET " + path + " HTTP/1.1\nHost: hub\nOrigin: " + origin + "\n" + TOKEN + "\n\n";
  }

  /** A request for each kind of answer that there is, and the status that it has. */
  private static List<List<String>> everyKindOfAnswer(String origin) {
    String headers = "Host: hub\nOrigin: " + origin + "\n" + TOKEN + "\n";
    return List.of(
        List.of("200", get("/events/orders", origin)),
        List.of("200", get("/events/orders?transport=poll", origin)),
        List.of("204", get("/events/job?transport=poll&lastEventId=JOB", origin)),
        List.of("204", get("/events/job?lastEventId=JOB", origin)),
        List.of("400", get("/events/orders?from=nowhere", origin)),
        List.of("401", get("/events/orders", origin).replace("sesame", "wrong")),
        List.of("404", get("/nothing", origin)),
        List.of("405", get("/events/orders", origin).replace("GET", "PUT")),
        List.of("406", get("/events/orders", origin).replace("Host", "Accept: image/png\nHost")),
        List.of("413", "POST /events/a HTTP/1.1\n" + headers + "Content-Length: 5000\n\n"),
        List.of("431", "GET / HTTP/1.1\n" + headers + "X: " + "x".repeat(5000) + "\n\n"),
        List.of("400", "GET / HTTP/1.1\n" + headers + "no header at all\n\n"));
  }

  @Test
  void aPageOnTheListReadsEveryAnswerErrorsToo() throws Exception {
    String job = hub.publishedId("job?complete=true", "done");
    for (String origin : List.of(SHOP, "http://localhost:3000")) {
      for (List<String> answer : everyKindOfAnswer(origin)) {
        assertThat(head(answer.get(1).replace("JOB", job)))
            .as(answer.get(1))
            .startsWith("http/1.1 " + answer.get(0))
            .containsOnlyOnce("\r\naccess-control-allow-origin: " + origin + "\r\n")
            .containsOnlyOnce("\r\naccess-control-allow-credentials: true\r\n")
            .containsOnlyOnce("\r\naccess-control-expose-headers: etag, location, retry-after, www")
            .containsOnlyOnce("\r\nvary: origin\r\n");
      }
    }
  }

  @Test
  void anyOtherPageReadsNoneAndCachesAreToldThatAnswersDiffer() throws Exception {
    String job = hub.publishedId("job?complete=true", "done");
    for (String origin : OTHERS) {
      for (List<String> answer : everyKindOfAnswer(origin)) {
        assertThat(head(answer.get(1).replace("JOB", job)))
            .as(answer.get(1))
            .startsWith("http/1.1 " + answer.get(0))
            .doesNotContain("access-control")
            .containsOnlyOnce("\r\nvary: origin\r\n");
      }
    }
    assertThat(head("GET /events/a HTTP/1.1\nHost: hub\n" + TOKEN + "\n\n"))
        .contains("\r\nvary: origin\r\n");
  }

  @Test
  void aPreflightAllowsWhatClientsOfTheHubSendAndNothingToStrangers() throws Exception {
    String preflight =
        "OPTIONS /events/orders HTTP/1.1\nHost: hub\nOrigin: %s\n"
            + "Access-Control-Request-Method: GET\n"
            + "Access-Control-Request-Headers: last-event-id, authorization, idempotency-key\n\n";
    assertThat(head(preflight.formatted(SHOP)))
        .startsWith("http/1.1 204")
        .contains(
            "\r\naccess-control-allow-origin: https://shop.example\r\n",
            "\r\naccess-control-allow-credentials: true\r\n",
            "\r\naccess-control-allow-methods: get, post\r\n",
            "\r\naccess-control-max-age: 600\r\n",
            "\r\nvary: origin\r\n")
        .containsPattern(
            "access-control-allow-headers: .*authorization.*idempotency-key, last-event-id");
    for (String origin : OTHERS) {
      assertThat(head(preflight.formatted(origin)))
          .startsWith("http/1.1 204")
          .doesNotContain("access-control")
          .contains("\r\nvary: origin\r\n");
    }
  }

  @Test
  void withoutAListNoAnswerDiffersByOrigin() throws Exception {
    try (var alone = new HubUnderTest()) {
      try (RawConnection connection = alone.connect().get("/events/a", "Origin: " + SHOP)) {
        assertThat(connection.until("\r\n\r\n")).doesNotContain("Vary").doesNotContain("Access");
      }
    }
  }

  /** {@code XDomainRequest} asks for a permission even where the page is the hub's own. */
  @Test
  void aPageOfTheHubsOwnIsAllowedIfItSaysWhereItIsOrAsksForPadding() throws Exception {
    String own = "Origin: http://localhost";
    try (var alone = new HubUnderTest()) {
      for (String path : List.of("/events/a", "/events/a?transport=poll", "/nothing")) {
        try (RawConnection connection = alone.connect().get(path, own)) {
          assertThat(connection.until("\r\n\r\n").toLowerCase(Locale.ROOT))
              .as(path)
              .contains("\r\naccess-control-allow-" + own.toLowerCase(Locale.ROOT) + "\r\n")
              .contains("\r\nvary: origin\r\n");
        }
      }
      try (RawConnection connection = alone.connect().get("/events/a?padding=true")) {
        assertThat(connection.until("\r\n\r\n"))
            .contains("\r\nAccess-Control-Allow-Origin: http://localhost\r\n");
      }
      try (RawConnection connection =
          alone.connect().get("/events/a?padding=true", "Origin: " + SHOP)) {
        assertThat(connection.until("\r\n\r\n")).doesNotContain("Access-Control");
      }
    }
  }

  @Test
  void anOriginThatNoBrowserWouldSendCannotBeListed() {
    HubConfig config = HubConfig.DEFAULT;
    for (String origin : List.of(SHOP, "https://a.example:8443", "http://[::1]:80443")) {
      config = config.with(ConfigKey.CORS_ORIGIN, List.of(origin));
    }
    config.with(ConfigKey.CORS_ORIGIN, List.of("capacitor://localhost", "http://a.example:443"));
    for (String origin :
        List.of(
            "null",
            "*",
            "https://*.example",
            "https://SHOP.example",
            "https://shop.example/",
            "https://shop.example:443",
            "http://shop.example:80",
            "shop.example")) {
      assertThatThrownBy(() -> HubConfig.DEFAULT.with(ConfigKey.CORS_ORIGIN, List.of(origin)))
          .hasMessageStartingWith("cors-origin = " + origin + ": must be scheme://host");
    }
  }
}
