package io.runnel.examples.ordersspring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.runnel.eventstream.Event;
import io.runnel.spring.test.RunnelTestClient;
import io.runnel.spring.test.TestStream;
import java.net.CookieManager;
import java.net.HttpCookie;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;

/** The whole of it: login, table, transactions, streams behind Spring Security. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class OrdersApplicationTest {
  @LocalServerPort private int port;
  @Autowired private RunnelTestClient client;

  @Test
  void theScriptForOldBrowsersIsServedToEverybody() throws Exception {
    var uri = URI.create("http://localhost:" + port + "/runnel-eventsource.js");
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("RunnelEventSource");
  }

  @Test
  void everybodySeesAnOrderAndOneUserAnAssignmentAndOneSessionWhatItDid() throws Exception {
    var anna = new Browser("anna");
    var ben = new Browser("ben");
    var annaAtHome = new Browser("anna");
    try (TestStream annas = anna.events();
        TestStream home = annaAtHome.events();
        TestStream bens = ben.events()) {
      assertThat(anna.post("/orders", Map.of("customer", "Kim", "item", "tea", "quantity", "2")))
          .isEqualTo(201);
      Event placed = annas.next();
      assertThat(placed.type()).isEqualTo("placed");
      assertThat(placed.data()).contains("\"item\":\"tea\"");
      assertThat(home.next()).isEqualTo(placed);
      assertThat(bens.next()).isEqualTo(placed);

      String number = placed.data().replaceAll(".*\"number\":(\\d+).*", "$1");
      assertThat(anna.post("/office/orders/" + number + "/assignee", Map.of("user", "ben")))
          .isEqualTo(200);
      assertThat(bens.next().type()).isEqualTo("assigned");
      assertThat(annas.next().type()).isEqualTo("handed");
      home.expectNothingFor(Duration.ofMillis(300));

      assertThat(ben.post("/office/orders/" + number + "/assignee", Map.of("user", "anna")))
          .isEqualTo(200);
      assertThat(bens.next(2)).extracting(Event::type).containsExactly("released", "handed");
      assertThat(annas.next().type()).isEqualTo("assigned");
      assertThat(home.next().type()).isEqualTo("assigned");
    }
  }

  @Test
  void anOrderThatIsRefusedIsHeardOfByNobody() throws Exception {
    var anna = new Browser("anna");
    try (TestStream stream = anna.events()) {
      assertThat(anna.post("/orders", Map.of("customer", " ", "item", "tea", "quantity", "2")))
          .isEqualTo(400);
      assertThat(anna.post("/orders", Map.of("customer", "K", "item", "tea", "quantity", "0")))
          .isEqualTo(400);
      stream.expectNothingFor(Duration.ofMillis(200));
    }
  }

  @Test
  void whoLogsOutHearsNothingMore() throws Exception {
    var anna = new Browser("anna");
    var annaAtHome = new Browser("anna");
    try (TestStream stream = anna.events();
        TestStream tab = anna.events();
        TestStream home = annaAtHome.events()) {
      anna.post("/logout", Map.of());
      stream.expectEnd();
      tab.expectEnd();
      annaAtHome.post("/orders", Map.of("customer", "Kim", "item", "tea", "quantity", "1"));
      assertThat(home.next().type()).isEqualTo("placed");
    }
  }

  @Test
  void theOfficeIsForThoseWhoLoggedIn() {
    assertThatThrownBy(() -> client.get("/office/events").open())
        .isInstanceOf(AssertionError.class);
  }

  /** A browser that somebody has logged in with. */
  private final class Browser {
    private final CookieManager cookies = new CookieManager();
    private final HttpClient http =
        HttpClient.newBuilder()
            .cookieHandler(cookies)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();

    Browser(String user) throws Exception {
      get("/login");
      post("/login", Map.of("username", user, "password", "runnel"));
      assertThat(get("/office/orders")).contains("\"user\":\"" + user + "\"");
    }

    String get(String path) throws Exception {
      return send(request(path).build()).body();
    }

    int post(String path, Map<String, String> fields) throws Exception {
      String body =
          fields.entrySet().stream()
              .map(e -> e.getKey() + "=" + URLEncoder.encode(e.getValue(), StandardCharsets.UTF_8))
              .collect(Collectors.joining("&"));
      return send(request(path)
              .header("Content-Type", "application/x-www-form-urlencoded")
              .header("X-XSRF-TOKEN", cookie("XSRF-TOKEN"))
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build())
          .statusCode();
    }

    TestStream events() {
      return client.get("/office/events").cookie("JSESSIONID", cookie("JSESSIONID")).open();
    }

    private HttpRequest.Builder request(String path) {
      return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
    }

    private HttpResponse<String> send(HttpRequest request) throws Exception {
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private String cookie(String name) {
      return cookies.getCookieStore().getCookies().stream()
          .filter(cookie -> cookie.getName().equals(name))
          .map(HttpCookie::getValue)
          .findFirst()
          .orElse("none");
    }
  }
}
