package io.runnel.spring;

import static io.runnel.spring.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShutdownTest {
  @Test
  void streamsAreReleasedWithinTheDrainEachWithATimeOfItsOwn() throws Exception {
    var app = new MvcApp("--server.shutdown=graceful", "--runnel.drain=2s");
    List<Wire> wires = new ArrayList<>();
    for (int i = 0; i < 10; i++) wires.add(app.get("/events/user" + i));
    for (int i = 0; i < 10; i++) wires.add(app.get("/register/" + i));
    for (Wire wire : wires.subList(0, 10)) wire.opening();
    eventually(() -> assertThat(app.streams().emitters).hasSize(20));

    long began = System.nanoTime();
    var closing = new Thread(app::close);
    closing.start();
    var times = new HashSet<Duration>();
    for (Wire wire : wires) {
      wire.toEnd();
      assertThat(wire.text()).startsWith("retry:");
      times.add(wire.reconnectionTimes.get(wire.reconnectionTimes.size() - 1));
      wire.close();
    }
    closing.join();
    // Spring would have waited for 30 s, and cut them off then.
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(25));
    assertThat(times).hasSizeGreaterThan(10);
  }

  @Test
  void reactiveStreamsAreReleasedToo() throws Exception {
    var app = new WebFluxApp("--server.shutdown=graceful", "--runnel.drain=1s");
    List<Wire> wires = new ArrayList<>();
    for (int i = 0; i < 10; i++) wires.add(app.get("/events/user" + i));
    for (Wire wire : wires) wire.opening();

    long began = System.nanoTime();
    var closing = new Thread(app::close);
    closing.start();
    for (Wire wire : wires) {
      wire.toEnd();
      assertThat(wire.reconnectionTimes).hasSize(2);
      wire.close();
    }
    closing.join();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(25));
  }

  @Test
  void aContextThatIsStoppedAndStartedAgainStillHasStreams() throws Exception {
    try (var app = new MvcApp()) {
      app.context.stop();
      app.context.start();
      int port =
          ((org.springframework.boot.web.server.context.WebServerApplicationContext) app.context)
              .getWebServer()
              .getPort();
      try (Wire wire = new Wire(port, "/events/anna")) {
        wire.opening();
        app.hub().publish("orders", "after the pause");
        assertThat(wire.data(1)).containsExactly("after the pause");
      }
    }
  }
}
