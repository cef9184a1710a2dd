package io.runnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.ParserLimits;
import io.runnel.eventstream.ParserLimits.TooLong;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The examples in docs/client.md are these, which compile. */
@SuppressWarnings("unused")
class ClientPageTest {
  private static final Path PAGE = Path.of("../docs/client.md");
  private static final Path THIS = Path.of("src/test/java/io/runnel/client/ClientPageTest.java");

  /** What the examples leave to their reader. */
  abstract static class Examples {
    URI orders = URI.create("http://localhost:8080/events/orders");
    URI exports = orders;
    URI model = orders;
    String storedId = "";
    String key = "";
    String token = "";
    String json = "";
    Path target = Path.of("export");
    EventHandler handler = event -> {};

    interface Tokens {
      String fresh();
    }

    abstract void handle(Event event);

    abstract void store(String lastEventId);

    abstract void handleAndStore(Event event, String lastEventId);

    abstract void reload();

    abstract URI currentAddress();

    void callbacks() {
      EventSource source =
          EventSource.to(URI.create("http://localhost:8080/events/orders"))
              .start(event -> System.out.println(event.type() + " " + event.data()));
    }

    void pulling() {
      try (EventReader reader = EventSource.to(orders).read()) {
        for (Event event : reader) {
          handle(event);
          store(reader.lastEventId());
        }
      }
    }

    void flow(Flow.Subscriber<Event> subscriber) {
      Flow.Publisher<Event> events = EventSource.to(orders).publisher();
      events.subscribe(subscriber);
    }

    void resuming() {
      EventSource.to(orders)
          .lastEventId(storedId)
          .start(
              new EventHandler() {
                @Override
                public void event(Event event) {
                  handleAndStore(event, event.id());
                }

                @Override
                public void positionMoved(String lastEventId) {
                  store(lastEventId);
                }

                @Override
                public void gap(Gap gap) {
                  reload();
                }
              });
    }

    void policy() {
      EventSource.to(orders)
          .reconnect(ReconnectPolicy.exponential(Duration.ofMinutes(2)).atMost(10))
          .start(handler);
    }

    void functions(Tokens tokens) {
      EventSource.to(() -> currentAddress())
          .header("Authorization", () -> "Bearer " + tokens.fresh())
          .start(handler);
    }

    void post() {
      EventSource.to(model)
          .header("Authorization", "Bearer " + key)
          .post("application/json", "{\"stream\":true,\"prompt\":\"…\"}")
          .reconnect(ReconnectPolicy.never())
          .start(handler);
    }

    void proxy() {
      HttpClient throughProxy =
          HttpClient.newBuilder()
              .proxy(ProxySelector.of(new InetSocketAddress("proxy.example", 3128)))
              .build();
      EventSource.to(orders).httpClient(throughProxy).start(handler);
    }

    void large() {
      EventSource.to(exports)
          .limits(new ParserLimits(1 << 20, 1 << 20, TooLong.STREAM))
          .start(
              new EventHandler() {
                @Override
                public void event(Event event) {
                  handle(event);
                }

                @Override
                public void largeEvent(LargeEvent event) throws IOException {
                  try (Reader data = event.data();
                      Writer file = Files.newBufferedWriter(target)) {
                    data.transferTo(file);
                  }
                }
              });
    }

    void publishing() throws Exception {
      try (RunnelPublisher publisher =
          RunnelPublisher.to(URI.create("http://localhost:8080/"))
              .header("Authorization", "Bearer " + token)
              .build()) {
        CompletableFuture<Receipt> receipt = publisher.publish("orders", Event.of("placed", json));
        System.out.println(receipt.get().id());
      }
    }
  }

  private static String withoutIndent(String java) {
    return java.lines().map(String::strip).collect(Collectors.joining("\n"));
  }

  @Test
  void everyExampleOnThePageIsOneThatCompilesHere() throws Exception {
    String compiled = withoutIndent(Files.readString(THIS));
    List<String> examples = new ArrayList<>();
    String[] parts = Files.readString(PAGE).split("```(java)?\n");
    for (int i = 1; i < parts.length; i += 2) examples.add(withoutIndent(parts[i]));

    assertThat(examples).hasSize(10).allSatisfy(example -> assertThat(compiled).contains(example));
  }
}
