package io.runnel.hub;

import static java.net.http.HttpResponse.BodyHandlers.ofInputStream;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamHandler;
import io.runnel.eventstream.EventStreamParser;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A client that changes the way it listens, at random and in the middle of a publisher's work, sees
 * every event once and in order: all the ways stand at the same positions.
 */
@Timeout(120) // whoever loses an event waits for it for ever
class SwitchingTransportsTest {
  private static final int EVENTS = 3000;

  private enum Way {
    STREAM,
    PADDED_STREAM,
    POSTED_STREAM,
    LONG_POLL,
    POLL,
    WEBSOCKET
  }

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<Integer> seen = new ArrayList<>();
  private final List<String> gaps = new ArrayList<>();
  private final Map<Way, Integer> seenBy = new EnumMap<>(Way.class);
  private String cursor = "";

  @Test
  void aClientThatSwitchesLosesAndRepeatsNothing() throws Exception {
    long seed = System.nanoTime();
    var random = new Random(seed);
    try (var hub = new HubUnderTest()) {
      String base = "http://localhost:" + hub.server.port() + "/events?topic=a/*&topic=b";
      connect(base, Way.values()[random.nextInt(Way.values().length)], 0); // has a cursor now
      // Of its own: the common pool may have one thread, which the client of Java 25 needs as well.
      var publisher =
          CompletableFuture.runAsync(
              () -> publish(hub, new Random(seed + 1)), task -> new Thread(task).start());
      for (int turn = 0; seen.size() < EVENTS && turn < 5000; turn++) {
        Way way = Way.values()[random.nextInt(Way.values().length)];
        int before = seen.size();
        connect(base, way, random.nextInt(40));
        seenBy.merge(way, seen.size() - before, Integer::sum);
      }
      publisher.join();
    }
    assertThat(seen).as("seed " + seed).isEqualTo(IntStream.range(0, EVENTS).boxed().toList());
    assertThat(gaps).isEmpty();
    assertThat(seenBy)
        .hasSize(Way.values().length)
        .allSatisfy((way, n) -> assertThat(n).isPositive());
  }

  /** Over three topics of the subscription and one that is not, in bursts and alone. */
  private static void publish(HubUnderTest hub, Random random) {
    var topics = List.of(new Topic("a/1"), new Topic("a/2"), new Topic("b"));
    for (int i = 0; i < EVENTS; i++) {
      hub.hub.publish(topics.get(random.nextInt(3)), Event.of(Integer.toString(i))).join();
      hub.hub.publish(new Topic("c"), Event.of("not asked for")).join();
      if (random.nextInt(20) == 0) sleep(random.nextInt(8));
    }
  }

  private static void sleep(int millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Listens until so many events have come, or the answer ends; cuts in the middle of a block. */
  private void connect(String base, Way way, int events) throws Exception {
    int enough = Math.min(seen.size() + events, EVENTS);
    String query = cursor.isEmpty() ? "" : "&lastEventId=" + URLEncoder.encode(cursor, UTF_8);
    if (way == Way.WEBSOCKET) {
      listenToSocket(base.replace("http", "ws") + query, enough);
      return;
    }
    HttpRequest.Builder request =
        switch (way) {
          case PADDED_STREAM -> HttpRequest.newBuilder(URI.create(base + query + "&padding=true"));
          case LONG_POLL ->
              HttpRequest.newBuilder(URI.create(base + query + "&transport=long-poll"));
          case POLL -> HttpRequest.newBuilder(URI.create(base + query + "&transport=poll"));
          case POSTED_STREAM ->
              HttpRequest.newBuilder(URI.create(base + "&_method=GET"))
                  .POST(BodyPublishers.ofString(query.isEmpty() ? "" : query.substring(1)));
          default -> {
            var header = HttpRequest.newBuilder(URI.create(base));
            yield cursor.isEmpty() ? header : header.header("Last-Event-ID", cursor);
          }
        };
    if (way == Way.LONG_POLL && seen.size() == EVENTS) return; // nothing more would come
    read(
        client.send(request.timeout(Duration.ofSeconds(30)).build(), ofInputStream()).body(),
        enough);
  }

  private void read(InputStream body, int enough) throws Exception {
    var parser =
        new EventStreamParser(
            new EventStreamHandler() {
              @Override
              public void event(Event event) {
                take(event.type(), event.data());
              }
            });
    parser.restart(cursor);
    try (body) {
      byte[] bytes = new byte[997];
      boolean hasOpened = false;
      for (int n; (!hasOpened || seen.size() < enough) && (n = body.read(bytes)) >= 0; ) {
        parser.feed(bytes, 0, n);
        hasOpened |= !parser.lastEventId().isEmpty();
      }
    }
    cursor = parser.lastEventId();
  }

  private void take(String type, String data) {
    if (type.equals("runnel.gap")) gaps.add(data);
    if (type.equals(Event.MESSAGE)) seen.add(Integer.valueOf(data));
  }

  private static final Pattern FIELD =
      Pattern.compile("\"(id|event|data)\":\"((?:[^\"\\\\]|\\\\.)*)\"");

  private void listenToSocket(String address, int enough) throws Exception {
    BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    WebSocket socket =
        client
            .newWebSocketBuilder()
            .buildAsync(URI.create(address), new Messages(messages))
            .get(20, TimeUnit.SECONDS);
    do {
      String message = messages.poll(20, TimeUnit.SECONDS);
      assertThat(message).as("after " + seen.size()).isNotNull();
      String type = Event.MESSAGE;
      String data = "";
      for (Matcher field = FIELD.matcher(message); field.find(); ) {
        switch (field.group(1)) {
          case "id" -> cursor = field.group(2);
          case "event" -> type = field.group(2);
          default -> data = field.group(2);
        }
      }
      take(type, data);
    } while (seen.size() < enough);
    socket.abort();
  }

  private record Messages(BlockingQueue<String> messages, StringBuilder part)
      implements WebSocket.Listener {
    Messages(BlockingQueue<String> messages) {
      this(messages, new StringBuilder());
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
      part.append(text);
      if (last) {
        messages.add(part.toString());
        part.setLength(0);
      }
      socket.request(1);
      return null;
    }
  }
}
