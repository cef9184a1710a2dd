package io.runnel.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.client.ConnectionFailedException;
import io.runnel.client.EventHandler;
import io.runnel.client.EventSource;
import io.runnel.client.Gap;
import io.runnel.client.Receipt;
import io.runnel.client.ReconnectPolicy;
import io.runnel.client.RunnelPublisher;
import io.runnel.engine.Hub;
import io.runnel.engine.HubSettings;
import io.runnel.engine.MemoryHistory;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Our client and our hub, with nothing between them but sockets, and what networks do to those. */
@Timeout(60)
class ClientAgainstHubTest {
  private static final HubConfig CONFIG =
      HubConfig.DEFAULT
          .with(ConfigKey.PORT, 0)
          .with(ConfigKey.THREADS, 1)
          .with(ConfigKey.RECONNECTION_TIME, Duration.ofMillis(500))
          .with(ConfigKey.DRAIN, Duration.ofSeconds(1))
          .with(ConfigKey.RETAIN, List.of(RetainRule.parse("short/**=10,1MiB,1h")));

  private final Told told = new Told();
  private HeldPort port;
  private Hub hub;
  private HubServer server;

  @BeforeEach
  void start() throws IOException {
    port = new HeldPort();
    hub = engine();
    server = server();
  }

  @AfterEach
  void close() throws IOException {
    server.close();
    hub.close();
    port.close();
  }

  /** Always on the same port. */
  private HubServer server() throws IOException {
    return HubServer.start(CONFIG.with(ConfigKey.PORT, port.number()), hub, List.of());
  }

  private static Hub engine() throws IOException {
    var random = new SplittableRandom();
    InstantSource clock = InstantSource.system();
    var history = new MemoryHistory(CONFIG.retention(), CONFIG.historyMaxBytes(), clock, random);
    return new Hub(HubSettings.DEFAULT, history, clock, random.split());
  }

  /** Another server on the same port, with the same engine or another. */
  private void restart(Hub engine) throws IOException {
    server.close();
    hub = engine;
    server = server();
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }

  /** The hub's reconnection time is at least half a second, which a test need not wait. */
  private static EventSource.Builder quickly(URI stream) {
    return EventSource.to(stream).reconnect(ReconnectPolicy.fixed(Duration.ofMillis(20)));
  }

  private void publish(String topic, int from, int to) throws Exception {
    for (int i = from; i < to; i++) hub.publish(new Topic(topic), Event.of("" + i)).get();
  }

  private static List<String> numbers(int count) {
    return IntStream.range(0, count).mapToObj(Integer::toString).toList();
  }

  /** What a source says, in words. */
  private static final class Told implements EventHandler {
    final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    final BlockingQueue<String> others = new LinkedBlockingQueue<>();
    private boolean wasInterrupted;

    @Override
    public void event(Event event) {
      events.add(event.data());
    }

    @Override
    public void opened(URI from, HttpHeaders headers) {
      wasInterrupted = false;
      others.add("opened");
    }

    @Override
    public void gap(Gap gap) {
      others.add("gap " + gap.reason() + " " + gap.missed());
    }

    @Override
    public void interrupted(ConnectionFailedException cause, Duration delay) {
      // Once, however many attempts it takes until a server is there again.
      if (!wasInterrupted) others.add("interrupted");
      wasInterrupted = true;
    }

    @Override
    public void closed(ConnectionFailedException cause) {
      others.add("closed" + (cause == null ? "" : " " + cause.getMessage()));
    }

    static List<String> next(BlockingQueue<String> queue, int count) throws InterruptedException {
      var next = new ArrayList<String>();
      while (next.size() < count) {
        String line = queue.poll(30, TimeUnit.SECONDS);
        next.add(line == null ? "(nothing more)" : line);
        if (line == null) break;
      }
      return next;
    }

    List<String> events(int count) throws InterruptedException {
      return next(events, count);
    }

    List<String> others(int count) throws InterruptedException {
      return next(others, count);
    }
  }

  @Test
  void eachEventIsHandedOutOnceAndInOrderOverANetworkThatCutsEveryConnection() throws Exception {
    var random = new Random(7);
    int count = 2_000;
    try (var proxy = new CuttingProxy(() -> server.port(), n -> 300 + random.nextInt(4_000))) {
      EventSource source = quickly(URI.create(proxy.url() + "/events/a")).start(told);
      try {
        told.others(1);
        publish("a", 0, count);

        assertThat(told.events(count)).isEqualTo(numbers(count));
        assertThat(proxy.connections()).isGreaterThan(20);
        assertThat(told.others).noneMatch(line -> line.startsWith("gap"));
        assertThat(told.events).isEmpty();
      } finally {
        source.close();
      }
    }
  }

  @Test
  void eachEventIsPublishedOnceThoughItsAnswerIsLost() throws Exception {
    int count = 60;
    // Every third answer is lost after the hub has the event.
    try (var proxy = new CuttingProxy(() -> server.port(), n -> n % 3 == 0 ? 0 : 1 << 20);
        var publisher =
            RunnelPublisher.to(URI.create(proxy.url()))
                .header("Connection-Test", "1")
                .maxInFlight(1)
                .retry(ReconnectPolicy.fixed(Duration.ofMillis(1)))
                .build()) {
      var ids = new ArrayList<String>();
      for (int i = 0; i < count; i++) {
        Receipt receipt = publisher.publish("a", Event.of("" + i)).get();
        ids.add(receipt.id());
      }

      assertThat(ids).doesNotHaveDuplicates();
      assertThat(hub.statistics().published()).isEqualTo(count);
    }
  }

  @Test
  void aStreamGoesOnThroughRestartsOfTheServerWithoutLossOrRepetition() throws Exception {
    EventSource source = quickly(uri("/events/a")).start(told);
    try {
      told.others(1);
      publish("a", 0, 10);
      restart(hub);
      publish("a", 10, 20);
      assertThat(told.others(2)).containsExactly("interrupted", "opened");
      restart(hub);
      publish("a", 20, 30);

      assertThat(told.events(30)).isEqualTo(numbers(30));
      assertThat(told.others).noneMatch(line -> line.startsWith("gap"));
    } finally {
      source.close();
    }
  }

  @Test
  void aHubThatLostItsHistoryIsAGapAndThenGoesOn() throws Exception {
    EventSource source = quickly(uri("/events/a")).start(told);
    Hub old = hub;
    try {
      told.others(1);
      publish("a", 0, 3);
      told.events(3);
      restart(engine());

      assertThat(told.others(3)).containsExactly("interrupted", "opened", "gap epoch null");
      publish("a", 3, 5);
      assertThat(told.events(2)).containsExactly("3", "4");
    } finally {
      source.close();
      old.close();
    }
  }

  @Test
  void whatWasTrimmedMeanwhileIsAGapWithItsCount() throws Exception {
    EventSource source = quickly(uri("/events/short/a")).start(told);
    try {
      told.others(1);
      publish("short/a", 0, 3);
      told.events(3);
      server.close();
      publish("short/a", 3, 20);
      server = server();

      assertThat(told.others(3)).containsExactly("interrupted", "opened", "gap trimmed 7");
      assertThat(told.events(10)).isEqualTo(numbers(20).subList(10, 20));
    } finally {
      source.close();
    }
  }

  @Test
  void aTopicThatIsCompletedClosesTheSourceWithoutAFailure() throws Exception {
    EventSource source = quickly(uri("/events/job?from=oldest")).start(told);
    told.others(1);
    publish("job", 0, 2);
    hub.complete(new Topic("job")).get();

    source.completion().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(told.events(2)).isEqualTo(numbers(2));
    assertThat(told.others(2)).containsExactly("interrupted", "closed");
  }

  @Test
  void aHubThatDrainsIsLeftAndFoundAgain() throws Exception {
    EventSource source = EventSource.to(uri("/events/a")).start(told);
    try {
      told.others(1);
      publish("a", 0, 2);
      told.events(2);
      server.drain();
      server.close();
      assertThat(told.others(1)).containsExactly("interrupted");
      Hub old = hub;
      hub = engine();
      server = server();

      assertThat(told.others(2)).containsExactly("opened", "gap epoch null");
      old.close();
    } finally {
      source.close();
    }
  }

  @Test
  void aHubThatIsFullSaysWhenToComeBackAndIsAskedThen() throws Exception {
    HubConfig full = CONFIG.with(ConfigKey.MAX_CONNECTIONS, 20);
    var others = new ArrayList<EventSource>();
    try (var small = HubServer.start(full, hub, List.of())) {
      URI stream = URI.create("http://127.0.0.1:" + small.port() + "/events/a");
      var listener = new Told();
      for (int i = 0; i < 20; i++) others.add(EventSource.to(stream).start(listener));
      listener.others(20);
      EventSource source = EventSource.to(stream).start(told);
      assertThat(told.others(2)).containsExactly("opened", "interrupted");
      assertThat(source.reconnectionTime())
          .isBetween(Duration.ofMillis(500), Duration.ofMillis(3500));
      others.remove(0).close();

      publishUntilHeard(small);
      source.close();
    } finally {
      others.forEach(EventSource::close);
    }
  }

  private void publishUntilHeard(HubServer small) throws Exception {
    while (told.events.isEmpty()) {
      hub.publish(new Topic("a"), Event.of("x")).get();
      Thread.sleep(20);
    }
    assertThat(small.connections()).isLessThanOrEqualTo(20);
  }
}
