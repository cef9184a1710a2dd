package io.runnel.hub;

import static io.runnel.hub.HubUnderTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code POST /events?_method=GET}: a subscriber that can send no header and hides its token. */
class PostedSubscriptionTest {
  private static final String TOKEN = "sesame-0123456789";
  private static final String PUBLISHER = "publisher-0123456789";

  private HubUnderTest hub;

  @BeforeEach
  void start() throws Exception {
    hub =
        new HubUnderTest(
            HubConfig.DEFAULT
                .with(ConfigKey.SUBSCRIBE_TOKEN, List.of(TOKEN))
                .with(ConfigKey.PUBLISH_TOKEN, List.of(PUBLISHER))
                .with(ConfigKey.MAX_URI_BYTES, 1024L)
                .with(ConfigKey.CORS_ORIGIN, List.of("http://page.example")));
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private String publish(String topic, String data) throws Exception {
    try (RawConnection publisher = hub.connect()) {
      return publisher
          .post("/events/" + topic, data, "Authorization: Bearer " + PUBLISHER)
          .answer()
          .replaceAll("(?s).*\"id\":\"([^\"]*)\".*", "$1");
    }
  }

  private String post(String pathAndQuery, String body, String... headers) throws Exception {
    try (RawConnection connection = hub.connect().post(pathAndQuery, body, headers)) {
      return connection.answer();
    }
  }

  @Test
  void whatXDomainRequestCanSendSubscribesWithTokenAndCursorInItsBody() throws Exception {
    String first = publish("orders", "1");
    publish("orders", "2");
    publish("stock", "3");
    String body = "token=" + TOKEN + "&lastEventId=" + first + "&topic=stock&padding=true";
    for (String type : List.of("", "Content-Type: text/plain", "Content-Type: Text/Plain; a=b")) {
      String[] headers =
          type.isEmpty()
              ? new String[] {"Origin: http://page.example"}
              : new String[] {"Origin: http://page.example", type};
      try (RawConnection page =
          hub.connect().post("/events?topic=orders&_method=GET", body, headers)) {
        assertThat(page.until("\r\n\r\n"))
            .startsWith("HTTP/1.1 200")
            .contains("text/event-stream", "Access-Control-Allow-Origin: http://page.example");
        String text = page.until("data: 3\n\n");
        assertThat(text).contains(":" + " ".repeat(2048), "\"recovered\":true");
        assertThat(text.lines().filter(line -> line.matches("data: [0-9]")))
            .containsExactly("data: 2", "data: 3");
      }
    }
    await(() -> hub.hub.statistics().subscriptions() == 0);
  }

  @Test
  void itPollsAsWell() throws Exception {
    String first = publish("orders", "1");
    publish("orders", "2");
    assertThat(
            post(
                "/events/orders?_method=GET",
                "transport=long-poll&token=" + TOKEN + "&last_event_id=" + first))
        .startsWith("HTTP/1.1 200")
        .contains("data: 2\n")
        .doesNotContain("data: 1\n");
  }

  @Test
  void aSubscriberShowsItsTokenAsItCanAndIsRefusedWithoutOne() throws Exception {
    assertThat(post("/events/a?_method=GET", "")).startsWith("HTTP/1.1 401");
    assertThat(post("/events/a?_method=GET", "token=wrong")).startsWith("HTTP/1.1 401");
    for (String path : List.of("/events/a", "/events/a?token=" + TOKEN + "x")) {
      try (RawConnection refused = hub.connect().get(path)) {
        assertThat(refused.answer())
            .startsWith("HTTP/1.1 401")
            .contains("www-authenticate: Bearer", "subscribing needs a token");
      }
    }
    try (RawConnection both =
        hub.connect().get("/events/a?token=" + TOKEN, "Authorization: Bearer wrong")) {
      assertThat(both.answer()).startsWith("HTTP/1.1 401"); // the header counts
    }
    for (String token : List.of(TOKEN, PUBLISHER)) {
      try (RawConnection one = hub.connect().get("/events/a?token=" + token);
          RawConnection other = hub.connect().get("/events/a", "Authorization: bearer " + token)) {
        one.until("runnel.open");
        other.until("runnel.open");
      }
    }
    assertThat(post("/events/a", "x", "Authorization: Bearer " + TOKEN))
        .startsWith("HTTP/1.1 401"); // to read is not to publish
  }

  @Test
  void aSubscriptionIsNeverTakenForAPublishNorAPublishForASubscription() throws Exception {
    String publisher = "Authorization: Bearer " + PUBLISHER;
    String before = hub.hub.cursor();
    for (String name : List.of("transport", "padding", "lastEventId", "token")) {
      assertThat(post("/events/a?" + name + "=x", "token=" + TOKEN, publisher))
          .startsWith("HTTP/1.1 400")
          .contains(name + "= is for subscribers: a POST that subscribes has _method=GET");
    }
    for (String name : List.of("event", "id", "complete")) {
      assertThat(post("/events/a?_method=GET&" + name + "=x", "", publisher))
          .startsWith("HTTP/1.1 400")
          .contains(name + "= is for publishers");
    }
    assertThat(post("/events/a?_method=DELETE", "", publisher))
        .startsWith("HTTP/1.1 400")
        .contains("_method=DELETE is not GET");
    assertThat(post("/events/a", "_method=GET&token=" + TOKEN)).startsWith("HTTP/1.1 401");
    assertThat(hub.hub.cursor()).isEqualTo(before); // nothing of all this was published
  }

  @Test
  void aBodyThatIsNoSmallFormIsRefused() throws Exception {
    assertThat(post("/events/a?_method=GET", "{}", "Content-Type: application/json"))
        .startsWith("HTTP/1.1 415")
        .contains("application/json is no form");
    assertThat(post("/events/a?_method=GET", "token=" + "x".repeat(1024)))
        .startsWith("HTTP/1.1 413")
        .contains("over the limit of 1024 bytes");
  }
}
