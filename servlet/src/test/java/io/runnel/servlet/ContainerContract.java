package io.runnel.servlet;

import static io.runnel.servlet.Waiting.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Hub;
import io.runnel.engine.HubSettings;
import io.runnel.engine.MemoryHistory;
import io.runnel.engine.Retention;
import io.runnel.engine.SlowConsumerPolicy;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicRules;
import io.runnel.eventstream.Event;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds in every container, over HTTP/1.1 and HTTP/2, with TLS and without. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ContainerContract {
  private static final int HEARTBEAT_SECONDS = 1;

  private Container container;
  private EventStreams streams;
  private Hub hub;
  private HttpClient http1;
  private HttpClient http2;
  private HttpClient tls;
  private int topics;

  /** What {@code /source} makes. */
  private volatile Function<HttpServletRequest, EventSource> newSource = request -> null;

  /** Who hears of the end of what {@code /both} opens. */
  private volatile Consumer<StreamEnd> endListener = why -> {};

  private final BlockingQueue<Emitter> emitters = new LinkedBlockingQueue<>();

  enum Protocol {
    HTTP_1_1(HttpClient.Version.HTTP_1_1),
    HTTP_2(HttpClient.Version.HTTP_2),
    HTTP_2_TLS(HttpClient.Version.HTTP_2);

    private final HttpClient.Version version;

    Protocol(HttpClient.Version version) {
      this.version = version;
    }
  }

  abstract Container container();

  @BeforeAll
  void start() throws Exception {
    hub = newHub();
    streams =
        new EventStreams(
            hub,
            EventStreamsSettings.DEFAULT
                .withLanes(2)
                .withHeartbeat(Duration.ofSeconds(HEARTBEAT_SECONDS))
                .withWriteTimeout(Duration.ofSeconds(2)));
    container = container();
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
    var random = new SplittableRandom();
    InstantSource clock = InstantSource.system();
    var history = new MemoryHistory(TopicRules.always(Retention.DEFAULT), 64 << 20, clock, random);
    return new Hub(settings(), history, clock, random.split());
  }

  private static HubSettings settings() {
    var d = HubSettings.DEFAULT;
    return new HubSettings(
        TopicRules.always(SlowConsumerPolicy.DISCONNECT),
        Duration.ofSeconds(HEARTBEAT_SECONDS),
        d.reconnectionTime(),
        Duration.ofSeconds(2),
        d.maxTopics(),
        d.maxTopicsPerSubscription(),
        d.maxEventBytes(),
        d.windowEvents(),
        d.windowBytes());
  }

  @AfterAll
  void stop() throws Exception {
    container.stop();
    streams.close();
    hub.close();
  }

  // ---------------------------------------------------------------- topics

  @ParameterizedTest
  @EnumSource
  void aStreamBeginsAtOnceAndBringsWhatIsPublished(Protocol protocol) throws Exception {
    String topic = newTopic();
    try (Received stream = open(protocol, "/events/" + topic)) {
      assertThat(stream.response.statusCode()).isEqualTo(200);
      assertThat(stream.response.version()).isEqualTo(protocol.version);
      assertThat(stream.response.headers().map())
          .containsEntry("cache-control", List.of("no-store, no-transform"))
          .containsEntry("x-accel-buffering", List.of("no"));
      assertThat(stream.response.headers().firstValue("content-type").orElse(""))
          .startsWith("text/event-stream");
      Event opening = stream.next();
      assertThat(opening.type()).isEqualTo("runnel.open");
      assertThat(opening.data()).isEqualTo("{\"recovered\":null,\"heartbeat\":1000}");
      String id = publishedId(protocol, topic + "?event=placed", "one\ntwo");
      assertThat(stream.next()).isEqualTo(new Event("placed", "one\ntwo", id));
      publish(protocol, topic + "?id=own", "three");
      assertThat(stream.next()).isEqualTo(new Event("message", "three", "own"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStreamResumesAfterItsLastEventIdAndSaysWhatIsMissing(Protocol protocol) throws Exception {
    String topic = newTopic();
    String first = publishedId(protocol, topic, "1");
    publish(protocol, topic, "2");
    publish(protocol, topic, "3");
    try (Received byHeader = open(protocol, "/events/" + topic, "Last-Event-ID", first);
        Received byQuery = open(protocol, "/events?topic=" + topic + "&lastEventId=" + first);
        Received unknown = open(protocol, "/events/" + topic + "?evs_last_event_id=nobody")) {
      for (Received stream : List.of(byHeader, byQuery)) {
        assertThat(stream.nextData()).contains("\"recovered\":true");
        assertThat(stream.nextData()).isEqualTo("2");
        assertThat(stream.nextData()).isEqualTo("3");
      }
      assertThat(unknown.nextData()).contains("\"recovered\":false");
      Event gap = unknown.next();
      assertThat(gap.type()).isEqualTo("runnel.gap");
      assertThat(gap.data()).contains("\"reason\":\"unknown\"");
      assertThat(unknown.nextData()).isEqualTo("1");
    }
  }

  @ParameterizedTest
  @EnumSource
  void severalTopicsAndPatternsComeInOneOrder(Protocol protocol) throws Exception {
    String root = newTopic();
    try (Received stream =
        open(protocol, "/events/" + root + "/a?topic=" + root + "/b/*&open=no&from=oldest")) {
      publish(protocol, root + "/a", "1");
      publish(protocol, root + "/b/x", "2");
      publish(protocol, root + "/c", "not asked for");
      publish(protocol, root + "/b/y", "3");
      assertThat(List.of(stream.nextData(), stream.nextData(), stream.nextData()))
          .containsExactly("1", "2", "3");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTopicThatIsCompleteEndsItsStreamsAndWhoHasAllIsTold(Protocol protocol) throws Exception {
    String topic = newTopic();
    try (Received stream = open(protocol, "/events/" + topic)) {
      stream.next();
      String id = publishedId(protocol, topic + "?complete=true", "last");
      assertThat(stream.nextData()).isEqualTo("last");
      assertThat(stream.endsNow()).isTrue();
      HttpResponse<String> again = get(protocol, "/events/" + topic, "Last-Event-ID", id);
      assertThat(again.statusCode()).isEqualTo(204);
      assertThat(again.body()).isEmpty();
      assertThat(publish(protocol, topic, "too late").statusCode()).isEqualTo(409);
    }
  }

  @ParameterizedTest
  @EnumSource
  void pollsGetTheSameEventsAndEnd(Protocol protocol) throws Exception {
    String topic = newTopic();
    HttpResponse<String> nothing = get(protocol, "/events/" + topic + "?transport=poll");
    assertThat(nothing.statusCode()).isEqualTo(200);
    assertThat(nothing.body()).contains("event: runnel.open\n").doesNotContain("data: one");
    publish(protocol, topic, "one");
    assertThat(get(protocol, "/events/" + topic + "?transport=poll&from=oldest").body())
        .contains("data: one\n\n");
    var waiting =
        client(protocol)
            .sendAsync(
                request(protocol, "/events/" + topic + "?transport=long-poll").build(),
                HttpResponse.BodyHandlers.ofString());
    int open = streams.statistics().open();
    await(() -> streams.statistics().open() >= Math.min(1, open));
    Thread.sleep(200);
    assertThat(waiting).isNotDone();
    publish(protocol, topic, "two");
    assertThat(waiting.get(20, TimeUnit.SECONDS).body()).contains("data: two\n\n");
  }

  @ParameterizedTest
  @EnumSource
  void aQuietStreamHasHeartbeatsOfTheKindAskedFor(Protocol protocol) throws Exception {
    try (Received comments = open(protocol, "/events/" + newTopic());
        Received events = open(protocol, "/events/" + newTopic() + "?heartbeat=event")) {
      assertThat(comments.nextComment()).isEmpty();
      events.next();
      assertThat(events.next()).extracting(Event::type).isEqualTo("runnel.heartbeat");
    }
  }

  @Test
  void paddingComesFirst() throws Exception {
    for (String asked : List.of("padding=true", "evs_preamble=1")) {
      try (Received stream = open(Protocol.HTTP_1_1, "/events/" + newTopic() + "?" + asked)) {
        assertThat(stream.nextComment()).hasSizeBetween(2047, 2048).isBlank();
        assertThat(stream.next().type()).isEqualTo("runnel.open");
      }
    }
  }

  // ---------------------------------------------------------------- sources

  @ParameterizedTest
  @EnumSource
  void aBoxOf2013WalksAndResumesWhereItStood(Protocol protocol) throws Exception {
    Event last;
    try (Received box = open(protocol, "/box")) {
      box.next();
      last = box.next();
      assertThat(last.data()).matches("\\d+,\\d+").isEqualTo(last.id());
    }
    try (Received again = open(protocol, "/box", "Last-Event-ID", last.id())) {
      assertThat(again.next()).isEqualTo(new Event("resumed", last.data(), ""));
      assertThat(again.next().data()).matches("\\d+,\\d+");
    }
    try (Received queried = open(protocol, "/box?last_event_id=3,4")) {
      assertThat(queried.next().data()).isEqualTo("3,4");
    }
    // Loops that nothing ends but the end of their stream leave no thread behind.
    await(() -> streams.statistics().sources() == 0);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("slow")
  void hostileTextArrivesAsItWasMeant(Protocol protocol) throws Exception {
    var random = new Random(20261121);
    List<Event> sent = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      String type = HostileText.line(random);
      sent.add(new Event(type, HostileText.text(random), HostileText.line(random)));
    }
    newSource =
        request ->
            emitter -> {
              for (Event event : sent) {
                emitter.comment(event.data());
                emitter.retry(1000);
                emitter.id(String.valueOf(event.id()));
                emitter.event(event.type(), event.data());
              }
              emitter.close();
            };
    String topic = newTopic();
    try (Received emitted = open(protocol, "/source");
        Received published = open(protocol, "/events/" + topic + "?open=no&from=oldest")) {
      for (Event event : sent) {
        assertThat(emitted.next()).isEqualTo(event);
      }
      assertThat(emitted.endsNow()).isTrue();
      for (Event event : sent) {
        Event own = event.withId("i" + sent.indexOf(event)); // the hub is strict with ids
        hub.publish(new Topic(topic), own);
        assertThat(published.next()).isEqualTo(own);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void blocksOfManyThreadsAreNeverMixed(Protocol protocol) throws Exception {
    int threads = 8;
    int events = 500;
    newSource =
        request ->
            emitter -> {
              for (int t = 0; t < threads; t++) {
                int thread = t;
                new Thread(() -> sendMany(emitter, thread, events)).start();
              }
            };
    try (Received stream = open(protocol, "/source")) {
      int[] seen = new int[threads];
      for (int i = 0; i < threads * events; i++) {
        Event event = stream.next();
        String[] said = event.data().split("\n", -1);
        int thread = Integer.parseInt(said[0]);
        assertThat(said[1]).isEqualTo(Integer.toString(seen[thread]++));
        assertThat(event.id()).isEqualTo(said[0] + "-" + said[1]);
        assertThat(event.type()).isEqualTo("t" + thread);
        assertThat(said[2]).isEqualTo("x".repeat(thread * 7));
      }
    }
  }

  private static void sendMany(Emitter emitter, int thread, int events) {
    try {
      for (int i = 0; i < events; i++) {
        emitter.id(thread + "-" + i);
        if (i % 3 == 0) emitter.comment("from\n" + thread);
        emitter.event("t" + thread, thread + "\n" + i + "\n" + "x".repeat(thread * 7));
        if (i % 50 == 0) Thread.sleep(1);
      }
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aClientThatLeavesIsNoticedWithinTwoHeartbeatsAndNothingOfItIsLeft(Protocol protocol)
      throws Exception {
    await(() -> streams.statistics().open() == 0);
    BlockingQueue<String> calls = new LinkedBlockingQueue<>();
    var emitters = new LinkedBlockingQueue<Emitter>();
    newSource =
        request ->
            new EventSource() {
              @Override
              public void onOpen(Emitter emitter) {
                calls.add("onOpen");
                emitters.add(emitter);
                try {
                  Thread.sleep(60_000);
                } catch (InterruptedException e) {
                  calls.add("interrupted");
                }
              }

              @Override
              public void onClose() {
                calls.add("onClose");
              }
            };
    Received source = open(protocol, "/source");
    Received topic = open(protocol, "/events/" + newTopic());
    topic.next();
    assertThat(calls.poll(10, TimeUnit.SECONDS)).isEqualTo("onOpen");
    Emitter emitter = emitters.take();
    assertThat(emitter.isOpen()).isTrue();
    assertThat(streams.statistics().open()).isEqualTo(2);
    source.close();
    topic.close();
    // Two heartbeats, and a second for the clock.
    await(Duration.ofSeconds(2 * HEARTBEAT_SECONDS + 1), () -> streams.statistics().open() == 0);
    await(() -> hub.statistics().subscriptions() == 0);
    assertThat(List.of(calls.take(), calls.take()))
        .containsExactlyInAnyOrder("interrupted", "onClose");
    assertThat(emitter.isOpen()).isFalse();
    emitter.id("1");
    emitter.data("to nobody");
    emitter.comment("nobody");
    emitter.retry(1);
    emitter.close();
    assertThat(calls.poll(100, TimeUnit.MILLISECONDS)).isNull();
  }

  @ParameterizedTest
  @EnumSource
  void whateverThrowsHarmsOnlyItself(Protocol protocol) throws Exception {
    String topic = newTopic();
    try (Received other = open(protocol, "/events/" + topic)) {
      other.next();
      newSource = request -> null;
      assertThat(get(protocol, "/source").statusCode()).isEqualTo(503);
      newSource =
          request -> {
            throw new IllegalStateException("newEventSource throws");
          };
      assertThat(get(protocol, "/source").statusCode()).isEqualTo(500);
      var closed = new AtomicInteger();
      for (Throwable thrown :
          List.of(new IOException("an"), new IllegalStateException("by"), new AssertionError())) {
        newSource = request -> new ThrowingSource(thrown, closed);
        try (Received stream = open(protocol, "/source")) {
          assertThat(stream.nextData()).isEqualTo("before it throws");
          assertThat(stream.endsNow()).isTrue();
        }
      }
      await(() -> closed.get() == 3);
      publish(protocol, topic, "undisturbed");
      assertThat(other.nextData()).isEqualTo("undisturbed");
      await(() -> streams.statistics().open() == 1 && streams.statistics().sources() == 0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whateverElseThrowsOrSendsTooLateDisturbsNobody(Protocol protocol) throws Exception {
    await(() -> streams.statistics().open() == 0);
    String topic = newTopic();
    var closed = new AtomicInteger();
    try (Received other = open(protocol, "/events/" + topic)) {
      other.next();
      newSource =
          request -> {
            throw new IllegalStateException("newEventSource throws");
          };
      for (int i = 0; i < 3; i++) {
        assertThat(get(protocol, "/source").statusCode()).isEqualTo(500);
      }
      newSource =
          request ->
              new EventSource() {
                private volatile Emitter emitter;

                @Override
                public void onOpen(Emitter emitter) {
                  throw new IllegalStateException("onOpen is not called");
                }

                @Override
                public void onResume(Emitter emitter, String lastEventId) throws IOException {
                  this.emitter = emitter;
                  emitter.data("resumed after " + lastEventId);
                  throw new IllegalStateException("onResume throws");
                }

                @Override
                public void onClose(StreamEnd why) {
                  try {
                    emitter.data("too late");
                    emitter.close();
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                  closed.incrementAndGet();
                  throw new AssertionError("onClose throws");
                }
              };
      try (Received stream = open(protocol, "/source", "Last-Event-ID", "7")) {
        assertThat(stream.nextData()).isEqualTo("resumed after 7");
        assertThat(stream.endsNow()).isTrue();
      }
      await(() -> closed.get() == 1);
      // A listener that throws on the lane's own thread, one after the other.
      endListener =
          why -> {
            closed.incrementAndGet();
            throw new IllegalStateException("the listener throws");
          };
      List<Received> both = new ArrayList<>();
      for (int i = 0; i < 4; i++) both.add(open(protocol, "/both"));
      for (Received each : both) each.close();
      await(() -> closed.get() == 5);
      publish(protocol, topic, "undisturbed");
      assertThat(other.nextData()).isEqualTo("undisturbed");
      await(() -> streams.statistics().open() == 1 && streams.statistics().sources() == 0);
    } finally {
      endListener = why -> {};
      emitters.clear();
    }
  }

  private record ThrowingSource(Throwable thrown, AtomicInteger closed) implements EventSource {
    @Override
    public void onOpen(Emitter emitter) throws IOException {
      emitter.data("before it throws");
      if (thrown instanceof IOException e) throw e;
      if (thrown instanceof RuntimeException e) throw e;
      throw (Error) thrown;
    }

    @Override
    public void onClose() {
      closed.incrementAndGet();
      throw new IllegalStateException("onClose throws");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStreamOfTopicsCarriesWhatIsSentToItAlone(Protocol protocol) throws Exception {
    await(() -> streams.statistics().open() == 0);
    try (Received anna = open(protocol, "/both");
        Received bert = open(protocol, "/both")) {
      Emitter toAnna = emitters.take();
      Emitter toBert = emitters.take();
      anna.next();
      bert.next();
      hub.publish(new Topic("both"), Event.of("to all"));
      toAnna.send(Event.of("private", "to one"));
      toBert.data("to one");
      assertThat(List.of(anna.nextData(), anna.nextData()))
          .containsExactlyInAnyOrder("to all", "to one");
      assertThat(List.of(bert.nextData(), bert.nextData()))
          .containsExactlyInAnyOrder("to all", "to one");
      toBert.close();
      assertThat(bert.endsNow()).isTrue();
      // One that is cut for its private events leaves no subscription behind.
      byte[] block = new byte[100_000];
      Arrays.fill(block, (byte) 'v');
      String large = new String(block, UTF_8);
      for (int i = 0; i < 1000; i++) toAnna.data(large);
      await(() -> !toAnna.isOpen());
    }
    await(() -> hub.statistics().subscriptions() == 0 && streams.statistics().open() == 0);
  }

  // ---------------------------------------------------------------- slow clients

  @Test
  void anEmitterNeitherWaitsForASlowClientNorKeepsMoreThanItMay() throws Exception {
    var emitters = new LinkedBlockingQueue<Emitter>();
    newSource = request -> emitters::add;
    long slow = streams.statistics().slow();
    try (var stalled = new RawConnection(container.port(), 4096)) {
      stalled.get("/source").until("retry");
      Emitter emitter = emitters.take();
      String kilobyte = "x".repeat(1000);
      // 40 MB are more than any socket takes: nobody is held up, and the client is cut.
      for (int i = 0; i < 40_000; i++) emitter.data(kilobyte);
      await(() -> !emitter.isOpen());
      assertThat(streams.statistics().slow()).isEqualTo(slow + 1);
    }
    await(() -> streams.statistics().open() == 0);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("slow")
  void aSourceThatSendsMoreThanThereIsRoomForWaitsOnItsOwnThread(Protocol protocol)
      throws Exception {
    int events = 5_000;
    newSource =
        request ->
            emitter -> {
              for (int i = 0; i < events; i++) emitter.data(i + "z".repeat(1000));
              emitter.close();
            };
    try (Received stream = open(protocol, "/source")) {
      for (int i = 0; i < events; i++) assertThat(stream.nextData()).startsWith(i + "z");
      assertThat(stream.endsNow()).isTrue();
    }
    var stopped = new CountDownLatch(1);
    newSource =
        request ->
            emitter -> {
              while (emitter.isOpen()) emitter.data("w".repeat(1000));
              stopped.countDown();
            };
    try (var stalled = new RawConnection(container.port(), 4096)) {
      stalled.get("/source").until("data: w");
      // Not for ever: the write timeout ends it.
      assertThat(stopped.await(20, TimeUnit.SECONDS)).isTrue();
    }
    await(() -> streams.statistics().open() == 0);
  }

  @Test
  @Tag("slow")
  void aSubscriberThatStallsIsCutAndTheOthersGetEverything() throws Exception {
    String topic = newTopic();
    long slow = streams.statistics().slow();
    String block = "y".repeat(8000);
    try (var stalled = new RawConnection(container.port(), 4096);
        Received other = open(Protocol.HTTP_1_1, "/events/" + topic)) {
      stalled.get("/events/" + topic).until("runnel.open");
      other.next();
      for (int i = 0; i < 2000; i++) {
        hub.publish(new Topic(topic), Event.of(i + block));
        assertThat(other.nextData()).startsWith(i + "y");
      }
      await(() -> streams.statistics().slow() > slow);
    }
    await(() -> streams.statistics().open() == 0);
  }

  // ---------------------------------------------------------------- HTTP

  @ParameterizedTest
  @EnumSource
  void mistakesHaveAStatusAndASentence(Protocol protocol) throws Exception {
    assertProblem(get(protocol, "/events/a%20b"), 400, "has white space");
    assertProblem(get(protocol, "/events"), 400, "no topic: GET /events/");
    assertProblem(get(protocol, "/events/a?from=x"), 400, "from=x is none of now, oldest, latest");
    assertProblem(get(protocol, "/events/a?padding=9"), 400, "padding=9 is neither true nor false");
    assertProblem(get(protocol, "/events/a", "Accept", "application/json"), 406, "Accept");
    assertProblem(publish(protocol, "a?event=runnel.gap", "x"), 400, "reserved");
    assertProblem(publish(protocol, "a", "x".repeat((1 << 20) + 1)), 413, "limit of 1048576");
    assertProblem(publish(protocol, "forbidden/x", "x"), 403, "you may not publish to forbidden/x");
    assertProblem(get(protocol, "/events/secret/x"), 403, "not all of these topics");
    HttpResponse<String> put =
        client(protocol)
            .send(
                request(protocol, "/events/a").PUT(HttpRequest.BodyPublishers.ofString("")).build(),
                HttpResponse.BodyHandlers.ofString());
    assertProblem(put, 405, "PUT is neither GET nor POST");
    assertThat(put.headers().firstValue("allow")).contains("GET, POST, OPTIONS");
    await(() -> streams.statistics().open() == 0);
  }

  @Test
  void aQueryThatCannotBeDecodedIsRefused() throws Exception {
    try (var connection = new RawConnection(container.port())) {
      assertThat(connection.get("/events/a?topic=%zz").until("\r\n\r\n")).contains(" 400 ");
    }
  }

  @Test
  void aPageOfAnotherOriginPublishesNothing() throws Exception {
    String post = "POST /events/a HTTP/1.1\nHost: localhost\nContent-Length: 1\n";
    try (var connection = new RawConnection(container.port())) {
      assertThat(connection.send(post + "Origin: http://evil.example\n\nx").until("\r\n\r\n"))
          .contains(" 403 ");
      assertThat(connection.send(post + "Origin: http://localhost\n\nx").until("\r\n\r\n"))
          .contains(" 200 ");
    }
  }

  @Test
  @Tag("slow")
  void aStreamThatIsKilledAtAnyStepDisturbsNobody() throws Exception {
    String topic = newTopic();
    String request = "GET /events/" + topic + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    try (Received other = open(Protocol.HTTP_1_1, "/events/" + topic)) {
      other.next();
      for (int cut = 1; cut <= request.length(); cut += 7) {
        try (var killed = new RawConnection(container.port())) {
          killed.send(request.substring(0, cut).replace("\r", "")).reset();
        }
      }
      for (String seen : List.of("HTTP/1.1 200", "\r\n\r\n", "retry:", "runnel.open", "data:")) {
        try (var killed = new RawConnection(container.port())) {
          killed.send(request.replace("\r", "")).until(seen);
          killed.reset();
        }
      }
      hub.publish(new Topic(topic), Event.of("undisturbed"));
      assertThat(other.nextData()).isEqualTo("undisturbed");
      await(() -> streams.statistics().open() == 1);
    }
    await(() -> streams.statistics().open() == 0);
    assertThat(streams.statistics().gateTimeouts()).isZero();
  }

  // ---------------------------------------------------------------- parts

  private String newTopic() {
    return "t" + ++topics;
  }

  private HttpClient client(Protocol protocol) {
    return switch (protocol) {
      case HTTP_1_1 -> http1;
      case HTTP_2 -> http2;
      case HTTP_2_TLS -> tls;
    };
  }

  private HttpRequest.Builder request(String path) {
    return request(Protocol.HTTP_1_1, path);
  }

  private HttpRequest.Builder request(Protocol protocol, String path) {
    return HttpRequest.newBuilder(URI.create(url(protocol, path))).timeout(Duration.ofSeconds(20));
  }

  private String url(Protocol protocol, String path) {
    if (protocol != Protocol.HTTP_2_TLS) return container.url(path);
    return "https://localhost:" + container.tlsPort() + path;
  }

  private Received open(Protocol protocol, String path, String... headers) throws Exception {
    return new Received(client(protocol), url(protocol, path), headers);
  }

  private HttpResponse<String> get(Protocol protocol, String path, String... headers)
      throws Exception {
    HttpRequest.Builder request = request(protocol, path);
    if (headers.length > 0) request.headers(headers);
    return client(protocol).send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> publish(Protocol protocol, String topicAndQuery, String body)
      throws Exception {
    return client(protocol)
        .send(
            request(protocol, "/events/" + topicAndQuery)
                .POST(HttpRequest.BodyPublishers.ofString(body, UTF_8))
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private String publishedId(Protocol protocol, String topicAndQuery, String body)
      throws Exception {
    return publish(protocol, topicAndQuery, body)
        .body()
        .replaceAll("(?s)\\{\"id\":\"([^\"]*)\",\"kept\":\"memory\"}\n", "$1");
  }

  private static void assertProblem(HttpResponse<String> answer, int status, String detail) {
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.headers().firstValue("content-type").orElse(""))
        .startsWith("application/problem+json");
    assertThat(answer.body()).contains("\"status\":" + status, detail);
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
