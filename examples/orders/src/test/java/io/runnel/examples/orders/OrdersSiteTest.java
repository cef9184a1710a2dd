package io.runnel.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Hub;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import io.runnel.hub.ConfigKey;
import io.runnel.hub.HubConfig;
import io.runnel.hub.HubServer;
import io.runnel.hub.Site;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class OrdersSiteTest {
  private static final String PATH = "/examples/orders/";
  private static final String TEA = "customer=Kim&item=Tea&quantity=2";

  private final HttpClient client = HttpClient.newHttpClient();
  private final Hub hub = Hub.inMemory();
  private HubServer server;

  @BeforeEach
  void start() throws IOException {
    List<Site> sites =
        ServiceLoader.load(Site.class).stream().map(ServiceLoader.Provider::get).toList();
    server = HubServer.start(HubConfig.DEFAULT.with(ConfigKey.PORT, 0), hub, sites);
  }

  @AfterEach
  void stop() {
    server.close();
    hub.close();
  }

  @Test
  void anOrderIsAnsweredWithItsNumberAndItsPlace() throws Exception {
    post("orders", TEA);
    HttpResponse<String> answer = post("orders", TEA);
    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(answer.headers().firstValue("Location")).contains("/examples/orders/orders/2");
    assertThat(get("orders/2").body())
        .isEqualTo(answer.body())
        .startsWith("{\"number\":2,\"customer\":\"Kim\",\"item\":\"Tea\",\"quantity\":2,");
  }

  @Test
  void aBrowserIsSentBackToTheShopWithTheNumber() throws Exception {
    HttpResponse<String> answer = post("orders", TEA, "text/html,application/xhtml+xml,*/*;q=0.8");
    assertThat(answer.statusCode()).isEqualTo(303);
    assertThat(answer.headers().firstValue("Location")).contains("/examples/orders/?placed=1");
    assertThat(get("?placed=1").body()).contains("<b id=\"receipt-number\">1</b>");
    assertThat(get("?placed=2").body()).contains("class=\"ticket\" hidden");
    assertThat(get("?placed=<b>").body()).contains("class=\"ticket\" hidden");
  }

  @Test
  void everyFieldThatIsWrongIsNamedWithItsRule() throws Exception {
    HttpResponse<String> answer = post("orders", "item=Tea&quantity=1000");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
    assertThat(answer.body())
        .contains(
            "\"detail\":\"customer is missing: it must be one line of 1 to 80 characters; "
                + "quantity is \\\"1000\\\": it must be a whole number from 1 to 999\"");
    assertThat(get("orders").body()).contains("\"total\":0");
  }

  @ParameterizedTest
  @CsvSource({
    "orders/1/assignee, user=zed, 400, 'must be one of anna, ben, chris'",
    "orders/1/assignee, '', 400, 'user is missing'",
    "orders/2/assignee, user=anna, 404, 'there is no order 2'",
    "orders/0/assignee, user=anna, 404, 'there is no POST /orders/0/assignee here'",
    "orders/1/price, user=anna, 404, 'there is no POST /orders/1/price here'",
  })
  void whatCannotBeAssignedSaysWhy(String path, String form, int status, String why)
      throws Exception {
    post("orders", TEA);
    HttpResponse<String> answer = post(path, form);
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body()).contains(why);
  }

  @Test
  void anUnknownUserHasNoList() throws Exception {
    assertThat(get("orders?user=zed").statusCode()).isEqualTo(400);
  }

  @Test
  void theListGoesOnFromItsCursor() throws Exception {
    post("orders", TEA);
    String cursor = get("orders").body().replaceFirst("(?s)^\\{\"cursor\":\"([^\"]+)\".*", "$1");
    post("orders", "customer=Ada&item=Bun&quantity=1");
    HttpRequest request = request("/events/orders?transport=poll&lastEventId=" + cursor).build();
    assertThat(client.send(request, BodyHandlers.ofString()).body())
        .contains("\"number\":2,")
        .doesNotContain("\"number\":1,", "runnel.gap");
  }

  @Test
  void theBookSurvivesWhatTheHistorySurvives() throws Exception {
    post("orders", TEA);
    post("orders", TEA);
    post("orders/2/assignee", "user=anna");
    post("orders/2/assignee", "user=ben");
    hub.publish(new Topic("orders"), Event.of("placed", "no order at all")).get();
    String before = get("orders?user=ben").body();

    server.close();
    start();

    assertThat(withoutCursor(get("orders?user=ben").body()))
        .isEqualTo(withoutCursor(before))
        .contains("\"assignee\":\"ben\"");
    assertThat(post("orders", TEA).body()).startsWith("{\"number\":3,");
  }

  @Test
  void whatIsNotThereIsNotFound() throws Exception {
    assertThat(List.of(get("shop.html").statusCode(), get("orders/x").statusCode()))
        .containsExactly(404, 404);
  }

  private static String withoutCursor(String list) {
    return list.replaceFirst("\"cursor\":\"[^\"]+\"", "");
  }

  private HttpResponse<String> post(String path, String form) throws Exception {
    return post(path, form, "*/*");
  }

  private HttpResponse<String> post(String path, String form, String accept) throws Exception {
    HttpRequest.Builder request = request(PATH + path).header("Accept", accept);
    return client.send(
        request.POST(BodyPublishers.ofString(form)).build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String path) throws Exception {
    String escaped = path.replace("<", "%3C").replace(">", "%3E");
    return client.send(request(PATH + escaped).build(), BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path));
  }
}
