package io.runnel.client;

import static io.runnel.client.ScriptedServer.OK;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.ParserLimits;
import io.runnel.eventstream.ParserLimits.TooLong;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events longer than the limit, of which the data is read while it comes. */
@Timeout(60)
@SuppressWarnings("try") // a source may stand in a try only to be closed
class LargeEventTest {
  private static final String LARGE = "0123456789\u20ac\uD83D\uDE00".repeat(100);

  private final Told told = new Told();

  private static EventSource.Builder to(ScriptedServer server) {
    return EventSource.to(server.uri("/"))
        .limits(new ParserLimits(100, 100, TooLong.STREAM))
        .reconnect(ReconnectPolicy.fixed(Duration.ofMillis(1)));
  }

  /** What a handler hears, in words, and what it does with a large event. */
  private static class Told implements EventHandler {
    final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    final BlockingQueue<String> threads = new LinkedBlockingQueue<>();

    void read(LargeEvent event) throws Exception {
      var text = new StringWriter();
      try (Reader data = event.data()) {
        data.transferTo(text);
        lines.add("large " + event.type() + " #" + event.lastEventId() + " " + shown(text));
      } catch (ConnectionFailedException cut) {
        lines.add("cut " + cut.reason() + " behind " + text.getBuffer().length());
      }
    }

    private static String shown(StringWriter text) {
      String read = text.toString();
      return read.replace(LARGE, "LARGE");
    }

    @Override
    public final void largeEvent(LargeEvent event) throws Exception {
      threads.add(Thread.currentThread().getName());
      read(event);
      lines.add("left");
    }

    @Override
    public void event(Event event) {
      lines.add(event.data() + " #" + event.id());
    }

    @Override
    public void opened(URI from, HttpHeaders headers) {
      lines.add("opened");
    }

    @Override
    public void interrupted(ConnectionFailedException cause, Duration delay) {
      lines.add("interrupted");
    }

    @Override
    public void closed(ConnectionFailedException cause) {
      lines.add("closed");
    }

    List<String> next(int count) throws InterruptedException {
      var next = new java.util.ArrayList<String>();
      while (next.size() < count) {
        String line = lines.poll(30, TimeUnit.SECONDS);
        next.add(line == null ? "(nothing more)" : line);
        if (line == null) break;
      }
      return next;
    }
  }

  @Test
  void itsDataIsReadInItsPlaceAmongTheOtherEvents() throws Exception {
    String stream =
        "id: 1\ndata: a\n\nevent: e\nid: 2\ndata: " + LARGE + "\ndata: b\n\ndata: c\n\n";
    try (var server = new ScriptedServer(ScriptedServer.stream(stream));
        var source = to(server).start(told)) {
      assertThat(told.next(5))
          .containsExactly("opened", "a #1", "large e #2 LARGE\nb", "left", "c #2");
      assertThat(source.lastEventId()).isEqualTo("2");
    }
  }

  @Test
  void aCutInTheMiddleIsToldToItsReaderAndTheEventComesAgainWhole() throws Exception {
    try (var server =
            new ScriptedServer(
                peer -> {
                  peer.readRequest();
                  peer.write(OK + "id: 1\ndata: a\n\nid: 2\ndata: " + LARGE);
                },
                ScriptedServer.stream("id: 2\ndata: " + LARGE + "\n\ndata: b\n\n"));
        var source = to(server).start(told)) {
      assertThat(told.next(4))
          .containsExactly("opened", "a #1", "cut ENDED behind " + LARGE.length(), "left");
      assertThat(told.next(5))
          .containsExactly("interrupted", "opened", "large message #2 LARGE", "left", "b #2");
      assertThat(server.next().header("Last-Event-ID")).isEmpty();
      assertThat(server.next().header("Last-Event-ID")).isEqualTo("1");
      assertThat(source.lastEventId()).isEqualTo("2");
    }
  }

  @Test
  void anIdThatAHubMintedIsNotHandedOutTwice() throws Exception {
    String large = "id: 3fa9c2d1-7\ndata: " + LARGE + "\n\n";
    try (var server =
            new ScriptedServer(
                ScriptedServer.stream(
                    large + "id: 3fa9c2d1-8\ndata: a\n\n" + large + "data: b\n\n"));
        var source = to(server).start(told)) {
      assertThat(told.next(5))
          .containsExactly(
              "opened",
              "large message #3fa9c2d1-7 LARGE",
              "left",
              "a #3fa9c2d1-8",
              "b #3fa9c2d1-7");
    }
  }

  @Test
  void whatIsNotReadIsSkipped() throws Exception {
    var glance =
        new Told() {
          @Override
          void read(LargeEvent event) throws IOException {
            lines.add("glanced at " + (char) event.data().read());
          }
        };
    String stream = ("data: " + LARGE.repeat(100) + "\n\ndata: a\n\n").repeat(2);
    try (var server = new ScriptedServer(ScriptedServer.stream(stream));
        var source = to(server).start(glance)) {
      assertThat(glance.next(7))
          .containsExactly("opened", "glanced at 0", "left", "a #", "glanced at 0", "left", "a #");
    }
  }

  @Test
  void aReaderThatStopsStopsTheSocket() throws Exception {
    var written = new AtomicLong();
    var goOn = new CountDownLatch(1);
    var slow =
        new Told() {
          @Override
          void read(LargeEvent event) throws Exception {
            goOn.await();
            super.read(event);
          }
        };
    byte[] chunk = new byte[64 << 10];
    Arrays.fill(chunk, (byte) 'x');
    ScriptedServer.Script endless =
        peer -> {
          peer.readRequest();
          peer.write(OK + "data: ");
          while (written.get() < 256 << 20) {
            peer.write(chunk);
            written.addAndGet(chunk.length);
          }
        };
    try (var server = new ScriptedServer(endless);
        var source = to(server).start(slow)) {
      assertThat(slow.next(1)).containsExactly("opened");
      // The buffers of both sockets, a chunk of the HTTP client, and the room of the event.
      long before;
      do {
        before = written.get();
        Thread.sleep(300);
      } while (written.get() > before);
      assertThat(written.get()).isLessThan(32 << 20);
      goOn.countDown();
      source.close();
    }
    assertThat(slow.next(3)).satisfies(l -> assertThat(l.get(0)).startsWith("cut ENDED"));
  }

  @Test
  void closeWakesTheReaderAndTheHandlerHearsOfItWhenItIsThrough() throws Exception {
    try (var server = new ScriptedServer(ScriptedServer.stream("data: " + LARGE))) {
      var source = to(server).start(told);
      assertThat(told.next(1)).containsExactly("opened");
      while (told.threads.isEmpty()) Thread.sleep(1);
      source.close();

      List<String> lines = told.next(3);
      assertThat(lines.get(0)).startsWith("cut ENDED");
      assertThat(lines.subList(1, 3)).containsExactly("left", "closed");
      source.completion().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void restartWaitsForTheHandlerAndConnectsAnew() throws Exception {
    try (var server =
            new ScriptedServer(
                ScriptedServer.stream("id: 1\ndata: a\n\nid: 2\ndata: " + LARGE),
                ScriptedServer.stream("data: b\n\n"));
        var source = to(server).start(told)) {
      assertThat(told.next(2)).containsExactly("opened", "a #1");
      while (told.threads.isEmpty()) Thread.sleep(1);
      source.restart();

      List<String> lines = told.next(4);
      assertThat(lines.get(0)).startsWith("cut ENDED");
      assertThat(lines.subList(1, 4)).containsExactly("left", "opened", "b #1");
      assertThat(server.next().header("Last-Event-ID")).isEmpty();
      assertThat(server.next().header("Last-Event-ID")).isEqualTo("1");
    }
  }

  @Test
  void whoPullsReadsItInItsListener() throws Exception {
    String stream = "id: 1\ndata: a\n\nid: 2\ndata: " + LARGE + "\n\nid: 3\ndata: b\n\n";
    try (var server = new ScriptedServer(ScriptedServer.stream(stream));
        var reader = to(server).read(told)) {
      assertThat(reader.take()).isEqualTo(new Event("message", "a", "1"));
      assertThat(reader.take()).isEqualTo(new Event("message", "b", "3"));
      assertThat(told.next(3)).containsExactly("opened", "large message #2 LARGE", "left");
    }
  }

  @Test
  void aHandlerThatThrowsHarmsOnlyItselfAndNobodyReadingIsNoHarm() throws Exception {
    var throwing =
        new Told() {
          @Override
          void read(LargeEvent event) {
            throw new IllegalStateException("on purpose");
          }
        };
    var heard = new LinkedBlockingQueue<String>();
    String stream = "data: " + LARGE + "\n\ndata: a\n\n";
    try (var server = new ScriptedServer(ScriptedServer.stream(stream));
        var source = to(server).start(throwing);
        var other = to(server).start(event -> heard.add(event.data()))) {
      assertThat(throwing.next(2)).containsExactly("opened", "a #");
      assertThat(heard.poll(30, TimeUnit.SECONDS)).isEqualTo("a");
    }
  }

  /** A gigabyte of data through a process that has 32 megabytes for everything. */
  @Test
  @Tag("slow")
  void aGigabyteOfDataIsReadInFlatMemory() throws Exception {
    byte[] chunk = new byte[64 << 10];
    Arrays.fill(chunk, (byte) 'x');
    ScriptedServer.Script gigabyte =
        peer -> {
          peer.readRequest();
          peer.write(OK + "id: 1\ndata: ");
          for (int i = 0; i < (1 << 30) / chunk.length; i++) peer.write(chunk);
          peer.write("\n\ndata: end\n\n");
          peer.awaitEnd();
        };
    try (var server = new ScriptedServer(gigabyte)) {
      String classPath =
          String.join(
              System.getProperty("path.separator"),
              placeOf(EventSource.class),
              placeOf(Event.class),
              placeOf(LargeEventTest.class));
      var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
      Process reading =
          new ProcessBuilder(
                  List.of(
                      java,
                      "-Xmx32m",
                      "-cp",
                      classPath,
                      Reading.class.getName(),
                      "" + server.port()))
              .redirectErrorStream(true)
              .start();
      try {
        assertThat(new String(reading.getInputStream().readAllBytes(), UTF_8))
            .isEqualTo("1073741824 x, then end, at 1");
      } finally {
        reading.destroyForcibly();
      }
    }
  }

  private static String placeOf(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }

  /** The other process: counts. */
  static final class Reading implements EventHandler {
    private final AtomicLong count = new AtomicLong();
    private final CountDownLatch ended = new CountDownLatch(1);

    public static void main(String[] arguments) throws Exception {
      var reading = new Reading();
      try (var source =
          EventSource.to(URI.create("http://127.0.0.1:" + arguments[0]))
              .limits(new ParserLimits(64 << 10, 64 << 10, TooLong.STREAM))
              .start(reading)) {
        reading.ended.await();
        System.out.print(reading.count + " x, then end, at " + source.lastEventId());
      }
    }

    @Override
    public void largeEvent(LargeEvent event) throws IOException {
      char[] some = new char[8192];
      for (int read; (read = event.data().read(some)) >= 0; ) {
        for (int i = 0; i < read; i++) {
          if (some[i] == 'x') count.incrementAndGet();
        }
      }
    }

    @Override
    public void event(Event event) {
      if (event.data().equals("end")) ended.countDown();
    }
  }
}
