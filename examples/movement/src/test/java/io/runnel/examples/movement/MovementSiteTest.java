package io.runnel.examples.movement;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Hub;
import io.runnel.hub.ConfigKey;
import io.runnel.hub.HubConfig;
import io.runnel.hub.HubServer;
import io.runnel.hub.Site;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
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
class MovementSiteTest {
  private static final String PATH = "/examples/movement/";
  private static final int STILL = Period.LONGEST;

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
  void everybodySeesTheWalkWhereItIsAtOnce() throws Exception {
    setPeriod("period=" + STILL);
    try (var one = stream("/events/movement?from=latest", "");
        var other = stream("/events/movement?from=latest", "")) {
      assertThat(one.nextPosition()).isEqualTo(other.nextPosition());
    }
  }

  @Test
  void thePeriodIsSetAndTold() throws Exception {
    assertThat(List.of(setPeriod("period=250").body(), get("period").body()))
        .containsExactly("{\"period\":250}\n", "{\"period\":250}\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"period=19", "period=soon", "pace=20", ""})
  void aPeriodThatIsNoneIsRefusedWithItsRuleAndChangesNothing(String form) throws Exception {
    assertRefused(setPeriod(form));
    assertThat(get("period").body()).isEqualTo("{\"period\":2000}\n");
  }

  @Test
  void aWalkAtAPeriodThatIsNoneIsRefused() throws Exception {
    assertRefused(get("walk?period=60001"));
  }

  @Test
  void aWalkOfItsOwnGoesStepByStep() throws Exception {
    try (var walk = stream(PATH + "walk?period=20", "")) {
      Position last = walk.nextPosition();
      for (int i = 0; i < 20; i++) last = assertOneStep(last, walk.nextPosition());
    }
  }

  @Test
  void aWalkThatIsResumedGoesOnWithTheNextStep() throws Exception {
    try (var walk = stream(PATH + "walk?period=" + STILL, "400,300")) {
      assertOneStep(new Position(400, 300), walk.nextPosition());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"800,1", "x", "a1b2c3d4-17", "400,300,1"})
  void anyOtherIdStartsANewWalk(String id) throws Exception {
    try (var walk = stream(PATH + "walk?period=" + STILL, id)) {
      assertThat(walk.nextPosition()).isNotNull();
    }
  }

  @Test
  void aWalkOfItsOwnEndsWithItsConnection() throws Exception {
    setPeriod("period=" + STILL);
    try (var walk = stream(PATH + "walk?period=20", "")) {
      for (int i = 0; i < 3; i++) walk.nextPosition();
    }
    long before;
    do {
      before = hub.statistics().published();
      Thread.sleep(500); // 25 periods: if no step was published in them, nobody walks
    } while (hub.statistics().published() != before);
  }

  @Test
  void whatIsNotThereIsNotFound() throws Exception {
    assertThat(List.of(get("nothing").statusCode(), get("MovementSite.class").statusCode()))
        .containsExactly(404, 404);
  }

  private static Position assertOneStep(Position from, Position to) {
    int dx = Math.abs(to.x() - from.x());
    int dy = Math.abs(to.y() - from.y());
    assertThat(Math.min(dx, dy) == 0 && dx + dy >= 1 && dx + dy <= RandomWalk.LONGEST_STEP)
        .as("one step from %s to %s", from, to)
        .isTrue();
    return to;
  }

  private static void assertRefused(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
    assertThat(answer.body())
        .contains("a whole number of milliseconds from 20 to 60000 is allowed");
  }

  private HttpResponse<String> setPeriod(String form) throws Exception {
    return client.send(
        request(PATH + "period").POST(BodyPublishers.ofString(form)).build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(request(PATH + path).build(), BodyHandlers.ofString());
  }

  private Positions stream(String path, String lastEventId) throws Exception {
    HttpRequest.Builder request = request(path);
    if (!lastEventId.isEmpty()) request.header("Last-Event-ID", lastEventId);
    return new Positions(client.send(request.build(), BodyHandlers.ofInputStream()).body());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path));
  }

  /** The positions of an event stream, each of which is its event's id and its data. */
  private record Positions(BufferedReader lines) implements AutoCloseable {
    Positions(InputStream stream) {
      this(new BufferedReader(new InputStreamReader(stream, UTF_8)));
    }

    Position nextPosition() throws IOException {
      String id = "";
      while (true) {
        String line = lines.readLine();
        assertThat(line).as("the stream goes on").isNotNull();
        if (line.startsWith("id: ")) id = line.substring(4);
        if (line.equals("data: " + id)) return Position.parse(id).orElseThrow();
      }
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }
}
