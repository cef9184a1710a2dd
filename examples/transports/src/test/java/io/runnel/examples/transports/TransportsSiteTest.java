package io.runnel.examples.transports;

import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Hub;
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
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TransportsSiteTest {
  private static final String PATH = "/examples/transports/";

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
  void thePageAndItsPartsAreThere() throws Exception {
    for (String part : List.of("", "transports.css", "transports.js")) {
      assertThat(get(PATH + part).statusCode()).as(part).isEqualTo(200);
    }
    assertThat(get(PATH + "Pulse.class").statusCode()).isEqualTo(404);
  }

  @Test
  void thePulseBeatsWhenSomebodyLooksEachBeatWithItsNumberAndTime() throws Exception {
    assertThat(hub.statistics().published()).isZero();
    long before = System.currentTimeMillis();
    setPeriod("period=20");
    String body = "";
    while (!body.contains("\"n\":3,")) {
      body = get("/events/transports?transport=poll&from=oldest").body();
    }
    List<String> beats = body.lines().filter(line -> line.startsWith("data: {\"n\"")).toList();
    for (int i = 0; i < beats.size(); i++) {
      assertThat(beats.get(i))
          .matches("data: \\{\"n\":" + (i + 1) + ",\"t\":[0-9]{13}\\.[0-9]{3}}");
      double time = Double.parseDouble(beats.get(i).replaceAll(".*:|}", ""));
      assertThat(time).isBetween((double) before, System.currentTimeMillis() + 1.0);
    }
  }

  @Test
  void theTimeComesWithThePeriod() throws Exception {
    setPeriod("period=250");
    assertThat(get(PATH + "time").body())
        .matches("\\{\"now\":[0-9]{13}\\.[0-9]{3},\"period\":250}\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"period=19", "period=10001", "period=soon", "period=1e2", ""})
  void aPeriodThatIsNoneIsRefusedWithItsRule(String form) throws Exception {
    HttpResponse<String> answer = setPeriod(form);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body())
        .contains("a whole number of milliseconds from 20 to 10000 is allowed");
    assertThat(get(PATH + "time").body()).contains("\"period\":1000");
  }

  private HttpResponse<String> setPeriod(String form) throws Exception {
    return client.send(
        request(PATH + "period").POST(BodyPublishers.ofString(form)).build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(request(path).build(), BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path));
  }
}
