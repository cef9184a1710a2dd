package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Hub;
import io.runnel.engine.HubSettings;
import io.runnel.engine.MemoryHistory;
import io.runnel.engine.Retention;
import io.runnel.engine.SlowConsumerPolicy;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicRules;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A web application in each container, and its clients over HTTP/1.1 and HTTP/2, with TLS and
 * without.
 */
@ParameterizedClass
@EnumSource(Containers.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ContainerTest {
  static final int HEARTBEAT_SECONDS = 1;

  /** A write timeout that cuts nobody who reads, although the machine stands still meanwhile. */
  static final Duration PATIENT = Duration.ofSeconds(12);

  /** A write timeout for tests that wait until somebody is cut. */
  static final Duration IMPATIENT = Duration.ofSeconds(4);

  private final Duration writeTimeout;
  private final int sendBuffer;

  Container container;
  EventStreams streams;
  Hub hub;
  private HttpClient http1;
  private HttpClient http2;
  private HttpClient tls;
  private int topics;

  /** What {@code /source} makes. */
  volatile Function<HttpServletRequest, EventSource> newSource = request -> null;

  /** Who hears of the end of what {@code /both} opens. */
  volatile Consumer<StreamEnd> endListener = why -> {};

  final BlockingQueue<Emitter> emitters = new LinkedBlockingQueue<>();

  enum Protocol {
    HTTP_1_1(HttpClient.Version.HTTP_1_1),
    HTTP_2(HttpClient.Version.HTTP_2),
    HTTP_2_TLS(HttpClient.Version.HTTP_2);

    final HttpClient.Version version;

    Protocol(HttpClient.Version version) {
      this.version = version;
    }
  }

  @Parameter Containers each;

  ContainerTest() {
    this(PATIENT);
  }

  ContainerTest(Duration writeTimeout) {
    this(writeTimeout, 0);
  }

  /** With a send buffer of so many bytes for each client, unless that is 0. */
  ContainerTest(Duration writeTimeout, int sendBuffer) {
    this.writeTimeout = writeTimeout;
    this.sendBuffer = sendBuffer;
  }

  @BeforeParameterizedClassInvocation
  void start() throws Exception {
    hub = newHub(writeTimeout);
    streams =
        new EventStreams(
            hub,
            EventStreamsSettings.DEFAULT
                .withLanes(2)
                .withHeartbeat(Duration.ofSeconds(HEARTBEAT_SECONDS))
                .withMaxPendingBytes(1 << 20) // more than any test sends that waits for nobody
                .withWriteTimeout(writeTimeout));
    container = each.make();
    if (sendBuffer > 0) container.sendBuffer(sendBuffer);
    container.start(
        Map.of(
            "/events/*", new OpenTopics(),
            "/box", new Boxes(),
            "/source", new Sources(),
            "/both", new Both(),
            "/plain", new Plain()),
        20,
        streams);
    http1 = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    http2 = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    tls =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_2)
            .sslContext(Certificate.clientContext())
            .build();
    assertThat(get(Protocol.HTTP_2, "/plain").body()).isEqualTo("plain");
  }

  /** A hub whose heartbeats come each second. */
  static Hub newHub() throws IOException {
    return newHub(PATIENT);
  }

  static Hub newHub(Duration writeTimeout) throws IOException {
    return newHub(writeTimeout, Duration.ofSeconds(HEARTBEAT_SECONDS));
  }

  static Hub newHub(Duration writeTimeout, Duration heartbeat) throws IOException {
    var random = new SplittableRandom();
    InstantSource clock = InstantSource.system();
    var history = new MemoryHistory(TopicRules.always(Retention.DEFAULT), 64 << 20, clock, random);
    return new Hub(settings(writeTimeout, heartbeat), history, clock, random.split());
  }

  private static HubSettings settings(Duration writeTimeout, Duration heartbeat) {
    var d = HubSettings.DEFAULT;
    return new HubSettings(
        TopicRules.always(SlowConsumerPolicy.DISCONNECT),
        heartbeat,
        d.reconnectionTime(),
        writeTimeout,
        d.maxTopics(),
        d.maxTopicsPerSubscription(),
        d.maxEventBytes(),
        d.windowEvents(),
        d.windowBytes());
  }

  @AfterParameterizedClassInvocation
  void stop() throws Exception {
    container.stop();
    streams.close();
    hub.close();
  }

  // ---------------------------------------------------------------- parts

  String newTopic() {
    return "t" + ++topics;
  }

  HttpClient client(Protocol protocol) {
    return switch (protocol) {
      case HTTP_1_1 -> http1;
      case HTTP_2 -> http2;
      case HTTP_2_TLS -> tls;
    };
  }

  HttpRequest.Builder request(Protocol protocol, String path) {
    return HttpRequest.newBuilder(URI.create(url(protocol, path))).timeout(Waiting.PATIENCE);
  }

  private String url(Protocol protocol, String path) {
    if (protocol != Protocol.HTTP_2_TLS) return container.url(path);
    return "https://localhost:" + container.tlsPort() + path;
  }

  Received open(Protocol protocol, String path, String... headers) throws Exception {
    return new Received(client(protocol), url(protocol, path), headers);
  }

  HttpResponse<String> get(Protocol protocol, String path, String... headers) throws Exception {
    HttpRequest.Builder request = request(protocol, path);
    if (headers.length > 0) request.headers(headers);
    return client(protocol).send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> publish(Protocol protocol, String topicAndQuery, String body)
      throws Exception {
    return client(protocol)
        .send(
            request(protocol, "/events/" + topicAndQuery)
                .POST(HttpRequest.BodyPublishers.ofString(body, UTF_8))
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  String publishedId(Protocol protocol, String topicAndQuery, String body) throws Exception {
    return publish(protocol, topicAndQuery, body)
        .body()
        .replaceAll("(?s)\\{\"id\":\"([^\"]*)\",\"kept\":\"memory\"}\n", "$1");
  }

  private static final class OpenTopics extends TopicServlet {
    @Override
    protected boolean maySubscribe(
        HttpServletRequest request, List<io.runnel.engine.TopicPattern> topics) {
      return topics.stream().noneMatch(topic -> topic.text().startsWith("secret"));
    }

    @Override
    protected boolean mayPublish(HttpServletRequest request, Topic topic) {
      return !topic.name().startsWith("forbidden");
    }
  }

  private static final class Boxes extends EventSourceServlet {
    @Override
    protected EventSource newEventSource(HttpServletRequest request) {
      return new MovingBox(20);
    }
  }

  private final class Sources extends EventSourceServlet {
    @Override
    protected EventSource newEventSource(HttpServletRequest request) {
      return newSource.apply(request);
    }
  }

  /** A topic and an emitter, as code of one's own opens them. */
  private final class Both extends HttpServlet {
    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      StreamRequest asked = StreamRequest.of(request).withTopics("both");
      emitters.add(streams.open(request, response, asked, endListener));
    }
  }

  private static final class Plain extends HttpServlet {
    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.getWriter().write("plain");
    }
  }
}
