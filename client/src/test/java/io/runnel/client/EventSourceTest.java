package io.runnel.client;

import static io.runnel.client.ScriptedServer.OK;
import static io.runnel.client.ScriptedServer.answer;
import static io.runnel.client.ScriptedServer.status;
import static io.runnel.client.ScriptedServer.stream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.runnel.client.EventSource.State;
import io.runnel.eventstream.Event;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.text.MessageFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an EventSource does by the WHATWG text, over real sockets. */
@Timeout(60)
@SuppressWarnings("try") // a source may stand in a try only to be closed
class EventSourceTest {
  private final Recorder told = new Recorder();

  /** A source that reconnects without delay. */
  private EventSource.Builder to(ScriptedServer server) {
    return EventSource.to(server.uri("/events"))
        .reconnectionTime(Duration.ZERO)
        .reconnect(ReconnectPolicy.fixed(Duration.ofMillis(1)));
  }

  @Test
  void eventsCommentsAndTheOpeningAreToldInTheirOrder() throws Exception {
    try (var server =
            new ScriptedServer(stream("\uFEFFdata: a\n\n: hi\nevent: t\nid: 1\ndata: b\n\n"));
        var source = to(server).start(told)) {
      assertThat(told.next(4))
          .containsExactly("opened /events", "message a #", "comment hi", "t b #1");
      assertThat(source.state()).isEqualTo(State.OPEN);
      assertThat(source.lastEventId()).isEqualTo("1");
    }
  }

  @Test
  void theFirstRequestHasWhatTheStandardAsksForAndNoLastEventId() throws Exception {
    try (var server = new ScriptedServer(stream(""));
        var source = to(server).header("Authorization", "Bearer t").start(told)) {
      var peer = server.next();
      assertThat(
              List.of(
                  peer.requestLine(),
                  peer.header("Accept"),
                  peer.header("Cache-Control"),
                  peer.header("Authorization"),
                  peer.header("Last-Event-ID"),
                  peer.header("Upgrade")))
          .containsExactly(
              "GET /events HTTP/1.1", "text/event-stream", "no-cache", "Bearer t", "", "");
    }
  }

  @Test
  void aCleanEndReconnectsWithTheLastEventId() throws Exception {
    try (var server =
            new ScriptedServer(answer(OK + "id: a1\ndata: x\n\n"), stream("data: y\n\n"));
        var source = to(server).start(told)) {
      assertThat(told.next(5))
          .containsExactly(
              "opened /events",
              "message x #a1",
              "interrupted ENDED",
              "opened /events",
              "message y #a1");
      server.next();
      assertThat(server.next().header("Last-Event-ID")).isEqualTo("a1");
    }
  }

  @Test
  void theIdOfABlockWithoutDataIsSentAgain() throws Exception {
    try (var server = new ScriptedServer(answer(OK + "id: quiet\n\n"), stream(""));
        var source = to(server).start(told)) {
      server.next();
      assertThat(server.next().header("Last-Event-ID")).isEqualTo("quiet");
    }
  }

  @Test
  void anEmptyIdTakesTheHeaderAway() throws Exception {
    try (var server =
            new ScriptedServer(answer(OK + "id: a\ndata: x\n\nid\ndata: y\n\n"), stream(""));
        var source = to(server).start(told)) {
      server.next();
      assertThat(server.next().head()).doesNotContainIgnoringCase("last-event-id");
    }
  }

  @Test
  void anIdWithNulIsIgnored() throws Exception {
    try (var server =
            new ScriptedServer(answer(OK + "id: a\ndata: x\n\nid: b\0c\ndata: y\n\n"), stream(""));
        var source = to(server).start(told)) {
      server.next();
      assertThat(server.next().header("Last-Event-ID")).isEqualTo("a");
    }
  }

  @Test
  void anIncompleteBlockAtTheEndIsNeverHandedOutNorItsIdRemembered() throws Exception {
    try (var server =
            new ScriptedServer(answer(OK + "id: a\ndata: x\n\nid: b\ndata: y\n"), stream(""));
        var source = to(server).start(told)) {
      server.next();
      assertThat(server.next().header("Last-Event-ID")).isEqualTo("a");
      assertThat(told.next(4))
          .containsExactly("opened /events", "message x #a", "interrupted ENDED", "opened /events");
    }
  }

  @Test
  void theCallersLastEventIdIsSentWithTheFirstRequest() throws Exception {
    try (var server = new ScriptedServer(stream(""));
        var source = to(server).lastEventId("abcdefgh-7").start(told)) {
      assertThat(server.next().header("Last-Event-ID")).isEqualTo("abcdefgh-7");
    }
  }

  @Test
  void anIdThatNoHeaderCanCarryGoesIntoTheQuery() throws Exception {
    try (var server = new ScriptedServer(answer(OK + "id: ü 1\ndata: x\n\n"), stream(""));
        var source =
            EventSource.to(server.uri("/events?topic=a"))
                .reconnect(ReconnectPolicy.fixed(Duration.ZERO))
                .start(told)) {
      server.next();
      var second = server.next();
      assertThat(second.requestLine())
          .isEqualTo("GET /events?topic=a&lastEventId=%C3%BC%201 HTTP/1.1");
      assertThat(second.header("Last-Event-ID")).isEmpty();
    }
  }

  @Test
  void aByteOrderMarkIsStrippedAtTheBeginningOfEachConnection() throws Exception {
    try (var server =
            new ScriptedServer(answer(OK + "\uFEFFdata: x\n\n"), stream("\uFEFFdata: y\n\n"));
        var source = to(server).start(told)) {
      assertThat(told.next(5)).contains("message x #", "message y #");
    }
  }

  @Test
  void status204ClosesWithoutAFailure() throws Exception {
    try (var server = new ScriptedServer(answer(OK + "data: x\n\n"), status("204 No Content"));
        var source = to(server).start(told)) {
      assertThat(told.untilClosed())
          .containsExactly("opened /events", "message x #", "interrupted ENDED", "closed");
      assertThat(source.state()).isEqualTo(State.CLOSED);
      source.completion().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void statusesThatWillNotChangeCloseAndSaySo() throws Exception {
    for (int status : new int[] {201, 205, 206, 304, 400, 401, 403, 404, 410}) {
      var told = new Recorder();
      try (var server = new ScriptedServer(status(status + " No"));
          var source = to(server).start(told)) {
        assertThat(told.untilClosed()).as("%d", status).containsExactly("closed STATUS");
        assertThat(told.closedBy.status()).isEqualTo(status);
      }
    }
  }

  @Test
  void aRefusalThatSaysWhyIsQuotedAndIsOneWithoutItsWordsAsWell() throws Exception {
    String problem = "HTTP/1.1 403 Forbidden\r\nContent-Type: application/problem+json\r\n";
    String words = "{\"title\":\"Forbidden\",\"detail\":\"not\\nyours\"}";
    ScriptedServer.Script late =
        peer -> {
          peer.readRequest();
          peer.write(problem + "Content-Length: 100\r\n\r\n{");
          peer.awaitEnd();
        };
    ScriptedServer.Script endless =
        peer -> {
          peer.readRequest();
          peer.write(problem + "\r\n");
          while (true) peer.write(" ".repeat(1000));
        };
    ScriptedServer.Script said =
        ScriptedServer.answer(problem + "Content-Length: " + words.length() + "\r\n\r\n" + words);
    for (var script : List.of(late, endless, said)) {
      var told = new Recorder();
      try (var server = new ScriptedServer(script);
          var source = EventSource.to(server.uri("/x?secret=1")).start(told)) {
        assertThat(told.untilClosed()).containsExactly("closed STATUS");
        assertThat(told.closedBy)
            .hasMessage(
                "status 403 from " + server.uri("/x") + (script == said ? ": not yours" : ""));
        assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
      }
    }
  }

  @Test
  void statusesThatMayPassReconnect() throws Exception {
    for (int status : new int[] {429, 500, 502, 503, 504}) {
      var told = new Recorder();
      try (var server = new ScriptedServer(status(status + " Later"), stream("data: x\n\n"));
          var source = to(server).start(told)) {
        assertThat(told.next(3))
            .as("%d", status)
            .containsExactly("interrupted STATUS", "opened /events", "message x #");
      }
    }
  }

  @Test
  void anotherContentTypeFails() throws Exception {
    for (String type : List.of("text/html", "text/event-streams", "application/json", "")) {
      var told = new Recorder();
      String answer = "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n\r\ndata: x\n\n";
      try (var server = new ScriptedServer(answer(answer));
          var source = to(server).start(told)) {
        assertThat(told.untilClosed()).as(type).containsExactly("closed CONTENT_TYPE");
      }
    }
  }

  @Test
  void theParametersAndTheCaseOfTheContentTypeDoNotMatter() throws Exception {
    String answer = "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream;charset=latin1\r\n\r\n";
    try (var server = new ScriptedServer(answer(answer + "data: é\n\n"));
        var source = to(server).start(told)) {
      assertThat(told.next(2)).containsExactly("opened /events", "message é #");
    }
  }

  @Test
  void aRefusedConnectionIsTriedAgain() throws Exception {
    // A port that nobody else can get, and on which nobody listens.
    try (var taken = new Socket()) {
      taken.bind(new InetSocketAddress("127.0.0.1", 0));
      URI nobody = URI.create("http://127.0.0.1:" + taken.getLocalPort() + "/");
      try (var source =
          EventSource.to(nobody).reconnect(ReconnectPolicy.fixed(Duration.ZERO)).start(told)) {
        assertThat(told.next(3))
            .containsExactly("interrupted NETWORK", "interrupted NETWORK", "interrupted NETWORK");
      }
    }
  }

  @Test
  void theFunctionsAreAskedAtEachAttempt() throws Exception {
    var attempts = new AtomicInteger();
    try (var server = new ScriptedServer(answer(OK), answer(OK), stream(""));
        var source =
            EventSource.to(() -> server.uri("/" + attempts.incrementAndGet()))
                .header("Authorization", () -> "Bearer " + attempts.get())
                .method(() -> "POST", () -> ("body " + attempts.get()).getBytes())
                .reconnect(ReconnectPolicy.fixed(Duration.ZERO))
                .start(told)) {
      for (int i = 1; i <= 3; i++) {
        var peer = server.next();
        // headers are asked before the URI
        assertThat(List.of(peer.requestLine(), peer.header("Authorization"), peer.body()))
            .containsExactly("POST /" + i + " HTTP/1.1", "Bearer " + (i - 1), "body " + i);
      }
    }
  }

  @Test
  void aFunctionThatThrowsMakesItsAttemptFailAndNoMore() throws Exception {
    var attempts = new AtomicInteger();
    try (var server = new ScriptedServer(stream("data: x\n\n"));
        var source =
            to(server)
                .header(
                    "Authorization",
                    () -> {
                      if (attempts.incrementAndGet() == 1) throw new IllegalStateException("no");
                      return "Bearer t";
                    })
                .start(told)) {
      assertThat(told.next(3))
          .containsExactly("interrupted REQUEST", "opened /events", "message x #");
    }
  }

  @Test
  void aHandlerThatThrowsHarmsOnlyItself() throws Exception {
    EventHandler throwing =
        event -> {
          told.event(event);
          throw new IllegalStateException("expected by this test");
        };
    try (var server = new ScriptedServer(stream("data: a\n\ndata: b\n\n"));
        var source = to(server).start(throwing)) {
      assertThat(told.next(2)).containsExactly("message a #", "message b #");
    }
  }

  @Test
  void restartConnectsAgainAtOnceFromTheLastEventId() throws Exception {
    try (var server = new ScriptedServer(stream("id: 1\ndata: a\n\n"), stream("data: b\n\n"));
        var source = to(server).start(told)) {
      told.next(2);
      source.restart();
      assertThat(told.next(2)).containsExactly("opened /events", "message b #1");
      server.next();
      assertThat(server.next().header("Last-Event-ID")).isEqualTo("1");
    }
  }

  @Test
  void closeCutsTheSocketEvenWhileAHandlerBlocks() throws Exception {
    var ended = new CountDownLatch(1);
    var entered = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    try (var server =
        new ScriptedServer(
            peer -> {
              peer.readRequest();
              peer.write(OK + "data: a\n\n");
              try {
                peer.awaitEnd();
              } finally {
                ended.countDown();
              }
            })) {
      var source =
          to(server)
              .start(
                  event -> {
                    entered.countDown();
                    release.await();
                  });
      assertThat(entered.await(30, TimeUnit.SECONDS)).isTrue();
      source.close();
      assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
      release.countDown();
      source.completion().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void closeCutsAConnectionThatWasNotAnsweredYet() throws Exception {
    var ended = new CountDownLatch(1);
    try (var server =
        new ScriptedServer(
            peer -> {
              peer.readRequest();
              try {
                peer.awaitEnd();
              } finally {
                ended.countDown();
              }
            })) {
      var source = to(server).start(told);
      server.next();
      source.close();
      assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(told.untilClosed()).containsExactly("closed");
    }
  }

  @Test
  void theThreadThatStartsOrRestartsIsNeverTheOneOfAHandler() throws Exception {
    var threads = ConcurrentHashMap.<Thread>newKeySet();
    var asked = new AtomicInteger();
    try (var server = new ScriptedServer(answer(OK + "data: x\n\n".repeat(50)))) {
      for (int i = 0; i < 100; i++) {
        var source =
            EventSource.to(
                    () -> {
                      threads.add(Thread.currentThread());
                      asked.incrementAndGet();
                      return server.uri("/");
                    })
                .start(event -> threads.add(Thread.currentThread()));
        source.restart();
        while (asked.get() < i) Thread.onSpinWait();
        source.close();
      }
    }
    assertThat(threads).isNotEmpty().doesNotContain(Thread.currentThread());
  }

  @Test
  void nothingIsHandedOutAfterCloseWithinAHandler() throws Exception {
    var self = new EventSource[1];
    var started = new CountDownLatch(1);
    EventHandler closing =
        new EventHandler() {
          @Override
          public void event(Event event) throws Exception {
            started.await();
            told.event(event);
            self[0].close();
          }

          @Override
          public void closed(ConnectionFailedException cause) {
            told.closed(cause);
          }
        };
    try (var server = new ScriptedServer(stream("data: a\n\ndata: b\n\n"))) {
      self[0] = to(server).start(closing);
      started.countDown();
      assertThat(told.untilClosed()).containsExactly("message a #", "closed");
    }
  }

  @Test
  void silenceIsTakenForADeadConnection() throws Exception {
    try (var server = new ScriptedServer(stream("data: a\n\n"), stream("data: b\n\n"));
        var source = to(server).idleTimeout(Duration.ofSeconds(1)).start(told)) {
      assertThat(told.next(5))
          .containsExactly(
              "opened /events",
              "message a #",
              "interrupted SILENT",
              "opened /events",
              "message b #");
    }
  }

  @Test
  void anAttemptThatIsNotAnsweredInTimeIsGivenUp() throws Exception {
    ScriptedServer.Script mute =
        peer -> {
          peer.readRequest();
          peer.awaitEnd();
        };
    try (var server = new ScriptedServer(mute, stream("data: b\n\n"));
        var source = to(server).openTimeout(Duration.ofMillis(300)).start(told)) {
      assertThat(told.eachOnceUntil("message b #"))
          .containsExactly("interrupted NETWORK", "opened /events", "message b #");
    }
  }

  @Test
  void aHubsIdsAreHandedOutOnceAndOtherIdsAsOftenAsTheyCome() throws Exception {
    String first = "id: abcdefgh-1\ndata: a\n\nid: abcdefgh-2\ndata: b\n\ndata: no id\n\n";
    String again = "id: abcdefgh-2\ndata: b\n\nid: abcdefgh-3\ndata: c\n\n";
    String other = "id: zzzzzzzz-1\ndata: d\n\nid: x\ndata: e\n\nid: x\ndata: e\n\n";
    try (var server = new ScriptedServer(answer(OK + first), stream(again + other));
        var source = to(server).start(told)) {
      assertThat(told.next(10))
          .containsExactly(
              "opened /events",
              "message a #abcdefgh-1",
              "message b #abcdefgh-2",
              "message no id #abcdefgh-2",
              "interrupted ENDED",
              "opened /events",
              "message c #abcdefgh-3",
              "message d #zzzzzzzz-1",
              "message e #x",
              "message e #x");
    }
  }

  @Test
  void aPositionThatMovesWithoutAnEventIsToldInItsPlace() throws Exception {
    var lines = new LinkedBlockingQueue<String>();
    var handler =
        new EventHandler() {
          @Override
          public void event(Event event) {
            lines.add(event.data());
          }

          @Override
          public void positionMoved(String lastEventId) {
            lines.add("at " + lastEventId);
          }
        };
    String stream = "id: 1\nevent: runnel.open\ndata: {}\n\nid: 2\ndata: a\n\ndata: b\n\nid: 3\n\n";
    try (var server = new ScriptedServer(ScriptedServer.stream(stream));
        var source = EventSource.to(server.uri("/")).start(handler)) {
      var told = new ArrayList<String>();
      while (told.size() < 4) told.add(String.valueOf(lines.poll(30, TimeUnit.SECONDS)));
      assertThat(told).containsExactly("at 1", "a", "b", "at 3");
      assertThat(source.lastEventId()).isEqualTo("3");
    }
  }

  @Test
  void aGapThatNobodyHandlesIsLogged() throws Exception {
    var logged = new LinkedBlockingQueue<String>();
    var logger = Logger.getLogger("io.runnel.client");
    var handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            logged.add(
                line.getLevel()
                    + " "
                    + MessageFormat.format(line.getMessage(), line.getParameters()));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    String gap = "event: runnel.gap\ndata: {\"reason\":\"trimmed\",\"missed\":17}\n\n";
    try (var server = new ScriptedServer(stream(gap));
        var source = EventSource.to(server.uri("/")).start(event -> {})) {
      assertThat(logged.poll(30, TimeUnit.SECONDS))
          .isEqualTo("WARNING events may be missing: Gap[reason=trimmed, first=null, missed=17]");
    } finally {
      logger.removeHandler(handler);
    }
  }

  @Test
  void theProxyOfTheHttpClientIsUsed() throws Exception {
    var told = new Recorder();
    try (var proxy = new ScriptedServer(stream("data: through\n\n"))) {
      HttpClient client =
          HttpClient.newBuilder()
              .proxy(ProxySelector.of(new InetSocketAddress("127.0.0.1", proxy.port())))
              .build();
      try (var source =
          EventSource.to(URI.create("http://hub.invalid/events/a"))
              .httpClient(client)
              .start(told)) {
        assertThat(told.next(2)).containsExactly("opened /events/a", "message through #");
        assertThat(proxy.next().requestLine())
            .isEqualTo("GET http://hub.invalid/events/a HTTP/1.1");
        assertThat(source.state()).isEqualTo(State.OPEN);
      }
    }
  }

  @Test
  void aSeedCountsAsHandedOut() throws Exception {
    String body = "id: abcdefgh-9\ndata: old\n\nid: abcdefgh-10\ndata: new\n\n";
    try (var server = new ScriptedServer(stream(body));
        var source = to(server).lastEventId("abcdefgh-9").start(told)) {
      assertThat(told.next(2)).containsExactly("opened /events", "message new #abcdefgh-10");
    }
  }

  @Test
  void controlEventsAreNotHandedOutButTheirIdsCount() throws Exception {
    String open = "retry: 700\nevent: runnel.open\nid: abcdefgh-5\ndata: {\"recovered\":null}\n\n";
    String gap =
        "event: runnel.gap\n"
            + "data: {\"reason\":\"trimmed\",\"first\":\"abcdefgh-9\",\"missed\":3}\n\n";
    String heartbeat = "event: runnel.heartbeat\ndata: {}\n\n";
    try (var server = new ScriptedServer(answer(OK + open + gap + heartbeat), stream(""));
        var source = to(server).start(told)) {
      server.next();
      assertThat(server.next().header("Last-Event-ID")).isEqualTo("abcdefgh-5");
      assertThat(told.next(4))
          .containsExactly(
              "opened /events",
              "gap Gap[reason=trimmed, first=abcdefgh-9, missed=3]",
              "interrupted ENDED",
              "opened /events");
      assertThat(source.reconnectionTime()).isEqualTo(Duration.ofMillis(700));
    }
  }

  @Test
  void aClientThatFollowsRedirectsItselfIsRefused() {
    var client = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
    assertThatThrownBy(() -> EventSource.to(URI.create("http://a/")).httpClient(client))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("leaks headers");
  }

  @Test
  void misuseThrowsAtOnce() {
    assertThatThrownBy(() -> EventSource.to(URI.create("ftp://a/")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> EventSource.to(URI.create("/relative")))
        .isInstanceOf(IllegalArgumentException.class);
    var builder = EventSource.to(URI.create("http://a/"));
    assertThatThrownBy(() -> builder.lastEventId("a\nb"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.header("Last-Event-ID", "x"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.header("X", "a\r\nb"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.idleTimeout(Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
