package io.runnel.spring;

import static io.runnel.spring.Eventually.eventually;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.runnel.servlet.EventStreams;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Clients that leave at any moment: nobody else notices, and no log tells of it. */
@Tag("slow")
@ExtendWith(OutputCaptureExtension.class)
class LeavingTest {
  private static final String[] WITH_SHORT_TIMES = {
    "--runnel.heartbeat=1s", "--runnel.write-timeout=5s", "--runnel.max-pending-bytes=64KB"
  };

  /** A request that is cut after some bytes of it, or of its answer. */
  private static void cutAfter(int port, String path, int sent, int received) throws IOException {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port));
      socket.setSoTimeout(60_000);
      byte[] request = ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(US_ASCII);
      socket.getOutputStream().write(request, 0, Math.min(sent, request.length));
      for (int i = 0; i < received && socket.getInputStream().read() >= 0; ) i++;
      socket.setSoLinger(true, 0);
    }
  }

  private static void cutAtEveryStep(int port, String path, RunnelHub hub, int most)
      throws IOException {
    // Before and within the request; within the head, the opening, an event.
    for (int sent : new int[] {0, 1, 17, 1000}) cutAfter(port, path, sent, 0);
    hub.publish("answers/steps", "x".repeat(3000));
    for (int received = 1; received < most; received += 1 + most / 20)
      cutAfter(port, path, 1000, received);
  }

  private static void assertQuiet(CapturedOutput output) {
    for (String line : output.toString().split("\n")) {
      assertThat(line).doesNotContain("Exception").doesNotContain(" WARN ");
      assertThat(line).doesNotContain(" ERROR ");
    }
  }

  @Test
  void mvcStreamsCutAtEveryStepLeaveNothingAndSayNothing(CapturedOutput output) throws Exception {
    try (var app = new MvcApp(WITH_SHORT_TIMES);
        Wire other = app.get("/events/other")) {
      other.opening();
      cutAtEveryStep(app.port, "/answers/steps", app.hub(), 2900);
      cutAtEveryStep(app.port, "/register/steps", app.hub(), 150);
      Wire stalled = app.get("/events/stalled");
      for (int i = 0; i < 100; i++) {
        app.hub().publish("orders", "x".repeat(50_000));
        other.next();
      }
      var streams = app.context.getBean(EventStreams.class);
      stalled.cut();
      eventually(() -> assertThat(streams.statistics().open()).isEqualTo(1));
      assertThat(streams.statistics().gateTimeouts()).isZero();
    }
    assertQuiet(output);
  }

  @Test
  void webFluxStreamsCutAtEveryStepLeaveNothingAndSayNothing(CapturedOutput output)
      throws Exception {
    try (var app = new WebFluxApp(WITH_SHORT_TIMES);
        Wire other = app.get("/events/other")) {
      other.opening();
      cutAtEveryStep(app.port, "/answers/steps", app.hub(), 2900);
      Wire stalled = app.get("/events/stalled");
      for (int i = 0; i < 700; i++) {
        app.hub().publish("orders", "x".repeat(50_000));
        other.next();
      }
      eventually(
          () ->
              assertThat(app.hub().streams().open())
                  .as(() -> app.hub().hub().statistics() + " " + app.hub().hub().backlog())
                  .isEqualTo(1));
      assertThat(app.hub().hub().statistics().slowDisconnects()).isEqualTo(1);
      // The connection is gone as well, although its client never read to the end.
      eventually(() -> assertThat(isCut(stalled)).isTrue());
    }
    assertQuiet(output);
  }

  /** It would come back, get little more, and be cut again. */
  @Test
  void aWebFluxClientThatReadsForLongerThanTheWriteTimeoutIsNotCut() throws Exception {
    try (var app = new WebFluxApp("--runnel.write-timeout=4s", "--send-buffer=65536");
        Wire slow = app.get("/events/slow")) {
      slow.opening();
      for (int i = 0; i < 700; i++) app.hub().publish("orders", "x".repeat(20_000));
      eventually(() -> assertThat(app.hub().hub().statistics().heldUp()).isPositive());
      for (int i = 0; i < 40; i++) {
        Thread.sleep(250);
        assertThat(slow.socket.getInputStream().readNBytes(25_000)).hasSize(25_000);
      }
      assertThat(app.hub().hub().statistics().slowDisconnects()).isZero();
    }
  }

  @Test
  void aWebFluxClientThatTakesNothingOfTheEndOfItsAnswerIsCut() throws Exception {
    try (var app = new WebFluxApp("--runnel.write-timeout=2s", "--send-buffer=65536");
        Wire stalled = app.get("/answers/long")) {
      stalled.opening();
      for (int i = 0; i < 100; i++) app.hub().publish("answers/long", "x".repeat(20_000));
      app.hub().complete("answers/long").join();
      eventually(() -> assertThat(app.hub().streams().open()).isZero());
      TimeUnit.SECONDS.sleep(6);
      assertThatIOException().isThrownBy(stalled::toEnd);
    }
  }

  @Test
  void webFluxClientsThatAreGoneBeforeTheirAnswerBeginsAreLetGo() throws Exception {
    try (var app = new WebFluxApp(WITH_SHORT_TIMES)) {
      for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 300; i++) cutAfter(app.port, "/answers/steps", 1000, 0);
        eventually(() -> assertThat(app.hub().streams().open()).isZero());
      }
      eventually(() -> assertThat(app.hub().hub().statistics().subscriptions()).isZero());
    }
  }

  private static boolean isCut(Wire wire) {
    try {
      wire.socket.setSoTimeout(100);
      byte[] buffer = new byte[1 << 20];
      while (wire.socket.getInputStream().read(buffer) >= 0) continue;
      return true;
    } catch (java.net.SocketTimeoutException stillOpen) {
      return false;
    } catch (IOException reset) {
      return true;
    }
  }

  /** The long form of this runs in module servlet, on three containers. */
  @Test
  void abruptClosesDuringWritesNeverShowOneUsersBytesToAnother() throws Exception {
    int users = 8;
    int rounds = 15;
    try (var app = new MvcApp("--server.tomcat.threads.max=8")) {
      var threads = Executors.newFixedThreadPool(users + 1);
      Future<?> publisher =
          threads.submit(
              () -> {
                while (!Thread.interrupted()) {
                  for (int user = 0; user < users; user++) {
                    app.hub().publish("user/u" + user, canary(user).repeat(50));
                    var own = app.streams().emitters.get("events u" + user);
                    if (own == null) continue;
                    try {
                      own.send(canary(user).repeat(20));
                    } catch (IOException left) {
                      // The next round has another.
                    }
                  }
                  TimeUnit.MILLISECONDS.sleep(1);
                }
                return null;
              });
      var results = new ArrayList<Future<String>>();
      for (int i = 0; i < users; i++) {
        int user = i;
        Callable<String> closing = () -> closeOften(app.port, user, rounds);
        results.add(threads.submit(closing));
      }
      for (Future<String> foreign : results) {
        assertThat(foreign.get(120, TimeUnit.SECONDS)).isEmpty();
      }
      publisher.cancel(true);
      threads.shutdownNow();
    }
  }

  private static String canary(int user) {
    return "<canary-" + user + ">";
  }

  /** Reads a little, cuts in the middle of it; answers what was another's. */
  private static String closeOften(int port, int user, int rounds) throws IOException {
    var foreign = new StringBuilder();
    for (int round = 0; round < rounds; round++) {
      try (var socket = new Socket()) {
        socket.connect(new InetSocketAddress("127.0.0.1", port));
        socket.setSoTimeout(60_000);
        String request = "GET /events/u" + user + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(US_ASCII));
        var seen = new StringBuilder();
        byte[] bytes = new byte[4096];
        int wanted = 300 + 911 * round % 6000;
        while (seen.length() < wanted) {
          int count = socket.getInputStream().read(bytes);
          if (count < 0) break;
          seen.append(new String(bytes, 0, count, UTF_8));
        }
        String others = seen.toString().replace(canary(user), "");
        int at = others.indexOf("<canary-");
        // What is cut off at the end of what was read is one's own as far as it goes.
        if (at >= 0 && at < others.length() - 10) foreign.append(others, at, at + 10);
        socket.setSoLinger(true, 0);
      }
    }
    return foreign.toString();
  }

  @Test
  void aQuietClientThatLeftIsNoticedWithinTwoHeartbeats() throws Exception {
    try (var app = new MvcApp(WITH_SHORT_TIMES)) {
      var streams = app.context.getBean(EventStreams.class);
      List<Wire> wires = new ArrayList<>();
      for (int i = 0; i < 10; i++) wires.add(app.get("/register/" + i));
      for (Wire wire : wires) wire.close();
      long began = System.nanoTime();
      eventually(() -> assertThat(streams.statistics().open()).isZero());
      // Two heartbeats; the rest is for a machine that stands still meanwhile.
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(15));
    }
  }
}
