package io.runnel.client;

import static io.runnel.client.ScriptedServer.OK;
import static io.runnel.client.ScriptedServer.answer;
import static io.runnel.client.ScriptedServer.stream;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.eventstream.ParserLimits;
import io.runnel.eventstream.ParserLimits.TooLong;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Servers that mean harm, or are broken, end in a failure that has a name, and cost no more than
 * their bounds. Each server writes until the client cuts the connection; a client that read on
 * would never end the test.
 */
@Timeout(60)
@SuppressWarnings("try") // a source may stand in a try only to be closed
class HostileServersTest {
  private static final String GZIP =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n";
  private static final String CHUNKED =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

  private final Recorder told = new Recorder();
  private final AtomicLong written = new AtomicLong();
  private final CountDownLatch cut = new CountDownLatch(1);

  private static EventSource.Builder to(ScriptedServer server) {
    return EventSource.to(server.uri("/"))
        .limits(new ParserLimits(64 << 10, 64 << 10, TooLong.FAIL))
        .reconnect(ReconnectPolicy.fixed(Duration.ofMillis(1)));
  }

  /** Writes the beginning, and then the rest again and again until the client is gone. */
  private ScriptedServer.Script endless(String beginning, String rest) {
    return endless(beginning.getBytes(UTF_8), rest.getBytes(UTF_8));
  }

  private ScriptedServer.Script endless(byte[] beginning, byte[] rest) {
    return peer -> {
      peer.readRequest();
      try {
        peer.write(beginning);
        while (true) {
          peer.write(rest);
          written.addAndGet(rest.length);
        }
      } finally {
        cut.countDown();
      }
    };
  }

  /** The source gives up at this server for that reason, and cuts the connection. */
  private void givesUp(ScriptedServer.Script script, String... lines) throws Exception {
    try (var server = new ScriptedServer(script);
        var source = to(server).start(told)) {
      assertThat(told.untilClosed()).containsExactly(lines);
      assertThat(cut.await(30, TimeUnit.SECONDS)).isTrue();
      // The limits, the buffers of both sockets, and one chunk of the HTTP client.
      assertThat(written.get()).isLessThan(32L << 20);
    }
  }

  /** The source takes this for a broken connection, hands out that much, and connects again. */
  private void reconnects(ScriptedServer.Script script, String... lines) throws Exception {
    try (var server = new ScriptedServer(script, stream("data: well\n\n"));
        var source = to(server).openTimeout(Duration.ofSeconds(5)).start(told)) {
      assertThat(told.next(lines.length)).containsExactly(lines);
      assertThat(told.next(2)).containsExactly("opened /", "message well #");
    }
  }

  @Test
  void anEndlessLine() throws Exception {
    givesUp(endless(OK + "data: ", "x".repeat(8192)), "opened /", "closed TOO_LONG");
  }

  @Test
  void anEndlessComment() throws Exception {
    givesUp(endless(OK + ":", "x".repeat(8192)), "opened /", "closed TOO_LONG");
  }

  @Test
  void anEndlessFieldName() throws Exception {
    givesUp(endless(OK, "x".repeat(8192)), "opened /", "closed TOO_LONG");
  }

  @Test
  void dataLinesWithoutABlankLine() throws Exception {
    givesUp(endless(OK, "data:\n".repeat(1000)), "opened /", "closed TOO_LONG");
  }

  @Test
  void aBombInOneLine() throws Exception {
    byte[] line = new byte[32 << 20];
    Arrays.fill(line, (byte) 'x');
    givesUp(endless(GZIP.getBytes(UTF_8), GzipTest.gzip(line)), "opened /", "closed TOO_LONG");
  }

  @Test
  void aBombOfBlankLines() throws Exception {
    byte[] lines = new byte[32 << 20];
    Arrays.fill(lines, (byte) '\n');
    givesUp(endless(GZIP.getBytes(UTF_8), GzipTest.gzip(lines)), "opened /", "closed TOO_LONG");
  }

  @Test
  void garbageForGzip() throws Exception {
    givesUp(endless(GZIP, "data: x\n\n"), "opened /", "closed CONTENT_ENCODING");
  }

  @Test
  void anEndlessBodyThatIsNoEventStreamIsNotRead() throws Exception {
    String html = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
    givesUp(endless(html, "x".repeat(8192)), "closed CONTENT_TYPE");
  }

  @Test
  void anEndlessBodyOfARefusalIsNotRead() throws Exception {
    givesUp(endless("HTTP/1.1 401 No\r\n\r\n", "x".repeat(8192)), "closed STATUS");
  }

  @Test
  void aRedirectLoopEndsAfterTwentyHops() throws Exception {
    try (var server = new ScriptedServer(ScriptedServer.status("302 Loop\r\nLocation: /"));
        var source = to(server).start(told)) {
      assertThat(told.untilClosed()).containsExactly("closed REDIRECT");
      for (int i = 0; i <= 20; i++) server.next();
      assertThat(server.waiting()).isZero();
    }
  }

  @Test
  void aRedirectWithAnEndlessBodyIsFollowedWithoutReadingIt() throws Exception {
    String redirect = "HTTP/1.1 302 On\r\nLocation: /on\r\n\r\n";
    try (var server =
            new ScriptedServer(endless(redirect, "x".repeat(8192)), stream("data: a\n\n"));
        var source = to(server).start(told)) {
      assertThat(told.next(2)).containsExactly("opened /on", "message a #");
      assertThat(cut.await(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void headersThatNeverEnd() throws Exception {
    reconnects(
        endless("HTTP/1.1 200 OK\r\n", "X-Header: some value\r\n".repeat(100)),
        "interrupted NETWORK");
    assertThat(cut.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(written.get()).isLessThan(32L << 20);
  }

  @Test
  void oneHeaderThatNeverEnds() throws Exception {
    reconnects(endless("HTTP/1.1 200 OK\r\nX: ", "x".repeat(8192)), "interrupted NETWORK");
    assertThat(cut.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(written.get()).isLessThan(32L << 20);
  }

  @Test
  void aStatusLineThatNeverEnds() throws Exception {
    reconnects(endless("HTTP/1.1 200 ", "x".repeat(8192)), "interrupted NETWORK");
    assertThat(cut.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(written.get()).isLessThan(32L << 20);
  }

  @Test
  void headersThatDripAreGivenUpAtTheOpenTimeout() throws Exception {
    ScriptedServer.Script drip =
        peer -> {
          peer.readRequest();
          peer.write("HTTP/1.1 200 OK\r\nX: ");
          while (true) {
            peer.write("x");
            Thread.sleep(10);
          }
        };
    try (var server = new ScriptedServer(drip, stream("data: well\n\n"));
        var source = to(server).openTimeout(Duration.ofMillis(300)).start(told)) {
      assertThat(told.eachOnceUntil("message well #"))
          .containsExactly("interrupted NETWORK", "opened /", "message well #");
    }
  }

  @Test
  void interimAnswersThatNeverEnd() throws Exception {
    try (var server =
            new ScriptedServer(
                endless("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
                stream("data: well\n\n"));
        var source = to(server).openTimeout(Duration.ofSeconds(1)).start(told)) {
      assertThat(told.eachOnceUntil("message well #"))
          .containsExactly("interrupted NETWORK", "opened /", "message well #");
      // The JDK gives up after eight, but leaves that socket to the server: it is not ours to cut.
      // Nobody reads it any more, so the server's writing stands still.
    }
  }

  @Test
  void aChunkExtensionThatNeverEnds() throws Exception {
    ScriptedServer.Script endless = endless(CHUNKED + "5;", "x".repeat(8192));
    try (var server = new ScriptedServer(endless, stream("data: well\n\n"));
        var source = to(server).idleTimeout(Duration.ofSeconds(1)).start(told)) {
      var lines = told.next(4);
      assertThat(lines.get(0)).isEqualTo("opened /");
      assertThat(lines.get(1)).isIn("interrupted NETWORK", "interrupted SILENT");
      assertThat(lines.subList(2, 4)).containsExactly("opened /", "message well #");
      assertThat(cut.await(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void aChunkSizeThatIsNone() throws Exception {
    reconnects(answer(CHUNKED + "zz\r\ndata: a\n\n\r\n"), "opened /", "interrupted NETWORK");
  }

  @Test
  void aResetInTheMiddleOfAChunk() throws Exception {
    var came = new CountDownLatch(1);
    ScriptedServer.Script reset =
        peer -> {
          peer.readRequest();
          peer.write(CHUNKED + "20\r\ndata: a\n\ndata: b");
          came.await();
          peer.reset();
        };
    try (var server = new ScriptedServer(reset, stream("data: well\n\n"));
        var source = to(server).start(told)) {
      assertThat(told.next(2)).containsExactly("opened /", "message a #");
      came.countDown();
      assertThat(told.next(3)).containsExactly("interrupted NETWORK", "opened /", "message well #");
    }
  }

  @Test
  void anEndInTheMiddleOfAChunk() throws Exception {
    reconnects(
        answer(CHUNKED + "20\r\ndata: a\n\ndata: b\n\n"),
        "opened /",
        "message a #",
        "message b #",
        "interrupted NETWORK");
  }

  @Test
  void aHalfClosedConnectionIsAnEnd() throws Exception {
    ScriptedServer.Script halfClose =
        peer -> {
          peer.readRequest();
          peer.write(OK + "data: a\n\n");
          peer.socket.shutdownOutput();
          peer.awaitEnd();
        };
    reconnects(halfClose, "opened /", "message a #", "interrupted ENDED");
  }

  @Test
  void aLengthThatIsTooLong() throws Exception {
    String head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99\r\n\r\n";
    reconnects(answer(head + "data: a\n\n"), "opened /", "message a #", "interrupted NETWORK");
  }

  @Test
  void whatComesBehindTheLengthIsNotRead() throws Exception {
    String head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\n";
    reconnects(
        answer(head + "data: a\n\ndata: smuggled\n\n"),
        "opened /",
        "message a #",
        "interrupted ENDED");
  }

  @Test
  void aLengthThatIsNone() throws Exception {
    for (String length : List.of("-1", "x", "99999999999999999999")) {
      var told = new Recorder();
      String head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ";
      try (var server =
              new ScriptedServer(
                  answer(head + length + "\r\n\r\ndata: a\n\n"), stream("data: well\n\n"));
          var source = to(server).start(told)) {
        // The JDK reads some of these as "until the end", and calls others an error.
        while (!told.next(1).contains("message well #")) {}
      }
    }
  }

  @Test
  void noHttpAtAll() throws Exception {
    for (String noise : List.of("SSH-2.0-x\r\n", "\0\0\0", "data: a\n\n", "HTTP/9.9 200\r\n\r\n")) {
      var told = new Recorder();
      try (var server = new ScriptedServer(answer(noise), stream("data: well\n\n"));
          var source = to(server).start(told)) {
        assertThat(told.next(3))
            .as(noise)
            .containsExactly("interrupted NETWORK", "opened /", "message well #");
      }
    }
  }

  @Test
  void connectionsThatAreDroppedAtOnce() throws Exception {
    // The JDK itself tries a GET again a few times when not a byte came, before it says so.
    ScriptedServer.Script[] scripts = new ScriptedServer.Script[21];
    Arrays.fill(scripts, (ScriptedServer.Script) ScriptedServer.Peer::reset);
    scripts[20] = stream("data: well\n\n");
    try (var server = new ScriptedServer(scripts);
        var source = to(server).start(told)) {
      assertThat(told.next(1)).containsExactly("interrupted NETWORK");
      while (!told.next(1).contains("message well #")) {}
    }
  }

  @Test
  void oneByteAtATimeIsSlowButNoHarm() throws Exception {
    ScriptedServer.Script drip =
        peer -> {
          peer.readRequest();
          for (byte b : (OK + "id: é\r\ndata: 豆腐\r\n\r\n").getBytes(UTF_8))
            peer.write(new byte[] {b});
          peer.awaitEnd();
        };
    try (var server = new ScriptedServer(drip);
        var source = to(server).start(told)) {
      assertThat(told.next(2)).containsExactly("opened /", "message 豆腐 #é");
    }
  }

  @Test
  void anOversizedEventCanBeSkippedAndIsNotAskedForAgain() throws Exception {
    String huge = "id: 1\ndata: " + "x".repeat(70_000) + "\n\n";
    try (var server = new ScriptedServer(answer(OK + huge), stream("id: 2\ndata: b\n\n"));
        var source =
            to(server).limits(new ParserLimits(64 << 10, 64 << 10, TooLong.SKIP)).start(told)) {
      assertThat(told.next(5))
          .containsExactly(
              "opened /", "skipped LINE", "interrupted ENDED", "opened /", "message b #2");
      server.next();
      assertThat(server.next().header("Last-Event-ID")).isEqualTo("1");
    }
  }

  @Test
  void aMillionTinyEventsArriveInOneWriteEachOnce() throws Exception {
    byte[] events = "data\n\n".repeat(1_000_000).getBytes(UTF_8);
    var count = new AtomicLong();
    var all = new CountDownLatch(1);
    ScriptedServer.Script burst =
        peer -> {
          peer.readRequest();
          peer.write(GZIP);
          peer.write(GzipTest.gzip(events));
          peer.awaitEnd();
        };
    try (var server = new ScriptedServer(burst);
        var source =
            to(server)
                .start(
                    event -> {
                      if (count.incrementAndGet() == 1_000_000) all.countDown();
                    })) {
      assertThat(all.await(50, TimeUnit.SECONDS)).as("%d came", count.get()).isTrue();
    }
  }

  @Test
  void aHandlerThatClosesTheSocketsServerIsNoMatter() throws IOException, InterruptedException {
    var server = new ScriptedServer(stream("data: a\n\n"));
    var source =
        to(server)
            .reconnect(ReconnectPolicy.fixed(Duration.ZERO).atMost(3))
            .start(
                new EventHandler() {
                  @Override
                  public void event(io.runnel.eventstream.Event event) throws IOException {
                    server.close();
                  }

                  @Override
                  public void closed(ConnectionFailedException cause) {
                    told.closed(cause);
                  }
                });
    assertThat(told.untilClosed()).containsExactly("closed NETWORK");
    source.close();
  }
}
