package io.runnel.hub;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.runnel.engine.Hub;
import io.runnel.engine.HubStatistics;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Over a real socket. */
class AdminServerTest {
  private static final HubConfig CONFIG = HubConfig.DEFAULT.with(ConfigKey.ADMIN_PORT, 0);

  private AdminServer admin;
  private final Hub hub = Hub.inMemory();
  private final ServerCounters counters = new ServerCounters();
  private volatile ServerState state = ServerState.READY;
  private volatile String failure;
  private volatile String shortage;
  private volatile CompletableFuture<?> ping = CompletableFuture.completedFuture(null);

  @BeforeEach
  void start() throws IOException {
    admin = AdminServer.start(CONFIG);
  }

  @AfterEach
  void close() {
    admin.close();
    hub.close();
  }

  @Test
  void itIsNotReadyUntilThereIsAServerAndWhenThatDrains() throws IOException {
    String starting = get("/readyz");
    watch();
    String ready = get("/readyz");
    state = ServerState.DRAINING;
    String draining = get("/readyz");

    assertThat(List.of(starting, ready, draining))
        .containsExactly(
            "503 {\"status\":\"starting\",\"reason\":\"the history is being opened\"}\n",
            "200 {\"status\":\"ready\"}\n",
            "503 {\"status\":\"draining\",\"reason\":\"the hub is stopping\"}\n");
  }

  @Test
  void itIsHealthyWhileItStartsAndAsLongAsTheEventLoopsAnswer() throws IOException {
    String starting = get("/healthz");
    watch();
    String up = get("/healthz");
    ping = CompletableFuture.failedFuture(new IllegalStateException("loop is gone"));
    String down = get("/healthz");

    assertThat(List.of(starting, up)).containsOnly("200 {\"status\":\"up\"}\n");
    assertThat(down).startsWith("503 {\"status\":\"down\"").contains("loop is gone");
  }

  @Test
  void aHistoryThatFailedIsNotReadyAndSaysWhy() throws IOException {
    watch();
    failure = "the disk said no";

    assertThat(get("/readyz"))
        .isEqualTo("503 {\"status\":\"failed\",\"reason\":\"the disk said no\"}\n");
  }

  @Test
  void aHubWithoutRoomIsReadyForItsSubscribersAndSaysWhatItRefuses() throws IOException {
    watch();
    assertThat(get("/metrics")).contains("\nrunnel_history_full 0.0\n");
    shortage = "the disk is full";

    assertThat(get("/readyz"))
        .isEqualTo("200 {\"status\":\"ready\",\"reason\":\"the disk is full\"}\n");
    assertThat(get("/metrics")).contains("\nrunnel_history_full 1.0\n");
  }

  @Test
  void anEventLoopThatDoesNotAnswerIsToldAsSuch() throws IOException {
    watch();
    ping = new CompletableFuture<>();

    assertThat(get("/healthz")).startsWith("503 ").contains("did not answer within 5 s");
  }

  @Test
  void metricsHaveEveryStatisticOfTheHubAndTheServersCounts() throws Exception {
    watch();
    hub.publish(new Topic("orders"), Event.of("hello")).get();
    counters.connections.set(3);
    counters.connectionsRefused.increment();
    counters.answered(200);
    counters.answered(418);
    List<String> metrics = get("/metrics").lines().toList();

    assertThat(metrics)
        .contains(
            "runnel_topics 1.0",
            "runnel_events_published_total 1.0",
            "runnel_connections 3.0",
            "runnel_connections_refused_total 1.0",
            "runnel_connections_limit " + (double) CONFIG.maxConnections(),
            "runnel_requests_total{status=\"200\"} 1.0",
            "runnel_requests_total{status=\"418\"} 1.0",
            "runnel_requests_total{status=\"413\"} 0.0");
    assertThat(metrics).anyMatch(line -> line.startsWith("jvm_memory_used_bytes"));
    assertThat(metrics).anyMatch(line -> line.startsWith("jvm_gc_"));
  }

  /** A statistic of the hub that has no metric would be lost: each is given its own number. */
  @Test
  void everyStatisticOfTheHubIsAMetric() throws Exception {
    var values = new ArrayList<Number>();
    var statistics = (HubStatistics) numbered(HubStatistics.class, values);
    admin.watch(new Subject(statistics));
    List<String> shown =
        get("/metrics")
            .lines()
            .filter(line -> line.matches("runnel_\\w+(\\{limit=.*})? 10\\d\\d\\.0"))
            .map(line -> line.replaceFirst(".* ", ""))
            .sorted()
            .toList();

    assertThat(shown)
        .containsExactlyElementsOf(values.stream().map(value -> value + ".0").sorted().toList());
  }

  /** A record of numbers, and of such records, each of which is another. */
  private static Object numbered(Class<?> type, List<Number> values) throws Exception {
    RecordComponent[] components = type.getRecordComponents();
    var arguments = new Object[components.length];
    for (int i = 0; i < arguments.length; i++) {
      Class<?> of = components[i].getType();
      if (of.isRecord()) {
        arguments[i] = numbered(of, values);
      } else {
        int value = 1000 + values.size();
        arguments[i] = of == int.class ? (Number) value : (Number) (long) value;
        values.add(value);
      }
    }
    var types = Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    return type.getDeclaredConstructor(types).newInstance(arguments);
  }

  @Test
  void everyCounterThatAKeyNamesIsThereBeforeItCountsAnything() throws IOException {
    watch();
    String metrics = get("/metrics");

    assertThat(ConfigKey.all())
        .extracting(ConfigKey::counter)
        .filteredOn(counter -> counter != null)
        .isNotEmpty()
        .allSatisfy(counter -> assertThat(metrics).contains("\n" + counter + " 0.0\n"));
  }

  @Test
  void aForeignHostNameIsRefusedOnLoopback() throws IOException {
    assertThat(request("GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
        .startsWith("421 ");
    assertThat(request("GET /healthz HTTP/1.1\r\nHost: [::1]:1\r\nConnection: close\r\n\r\n"))
        .startsWith("200 ");
  }

  @Test
  void onlyReadingIsAllowedAndOnlyWhatIsThere() throws IOException {
    assertThat(get("/")).startsWith("404 ").contains("/healthz");
    assertThat(request("POST /metrics HTTP/1.0\r\nContent-Length: 0\r\n\r\n")).startsWith("405 ");
    assertThat(request("HEAD /healthz HTTP/1.0\r\n\r\n")).isEqualTo("200 ");
  }

  @Test
  void aPortInUseIsNamedWithTheWayToChooseAnother() {
    HubConfig taken = CONFIG.with(ConfigKey.ADMIN_PORT, admin.port());

    assertThatThrownBy(() -> AdminServer.start(taken))
        .isInstanceOf(PortInUseException.class)
        .hasMessage(
            "admin-port "
                + admin.port()
                + " on 127.0.0.1 is in use; choose another with --admin-port PORT, or any that is"
                + " free with --admin-port 0");
  }

  private void watch() {
    admin.watch(new Subject(null));
  }

  private String get(String path) throws IOException {
    return request("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  }

  /** The status and the body of an answer. */
  private String request(String request) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), admin.port())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      String answer = new String(socket.getInputStream().readAllBytes(), UTF_8);
      return answer.substring(9, 13) + answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }
  }

  /** A server as it is told to be. */
  private final class Subject implements AdminServer.Subject {
    private final HubStatistics statistics;

    Subject(HubStatistics statistics) {
      this.statistics = statistics;
    }

    @Override
    public ServerState state() {
      return state;
    }

    @Override
    public String failure() {
      return failure;
    }

    @Override
    public String shortage() {
      return shortage;
    }

    @Override
    public CompletableFuture<?> ping() {
      return ping;
    }

    @Override
    public ServerCounters counters() {
      return counters;
    }

    @Override
    public HubStatistics statistics() {
      return statistics == null ? hub.statistics() : statistics;
    }
  }
}
