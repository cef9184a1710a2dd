package io.runnel.spring.test;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.http.MediaType.TEXT_EVENT_STREAM_VALUE;

import io.runnel.servlet.TopicServlet;
import io.runnel.spring.MvcHub;
import io.runnel.spring.RunnelEmitter;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** An application that runs on Jetty: no line above debug for clients that leave or stall. */
@SpringBootTest(
    webEnvironment = WebEnvironment.RANDOM_PORT,
    properties = {
      "spring.autoconfigure.exclude="
          + "org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration",
      "server.jetty.connection-idle-timeout=8s",
      "runnel.heartbeat=1s",
      "runnel.max-pending-bytes=64KB"
    })
@ExtendWith(OutputCaptureExtension.class)
class OnJettyTest {
  /** For tests of the same module that run on Tomcat. */
  static final String NOT_ON_JETTY =
      "spring.autoconfigure.exclude="
          + "org.springframework.boot.jetty.autoconfigure.servlet.JettyServletWebServerAutoConfiguration";

  @Autowired private RunnelTestClient client;
  @Autowired private MvcHub hub;
  @Autowired private Events events;
  @LocalServerPort private int port;

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import(Events.class)
  static class App {
    @Bean
    ServletRegistrationBean<TopicServlet> topics() {
      return new ServletRegistrationBean<>(new TopicServlet(), "/topics/*");
    }
  }

  @RestController
  static class Events {
    private final MvcHub hub;
    private final List<RunnelEmitter> emitters = new CopyOnWriteArrayList<>();

    Events(MvcHub hub) {
      this.hub = hub;
    }

    @GetMapping(path = "/events", produces = TEXT_EVENT_STREAM_VALUE)
    RunnelEmitter events(HttpServletRequest request) {
      return hub.emitter(request).topics("orders");
    }

    @GetMapping(path = "/own", produces = TEXT_EVENT_STREAM_VALUE)
    RunnelEmitter own() {
      var emitter = new RunnelEmitter();
      emitters.add(emitter);
      emitter.onCompletion(() -> emitters.remove(emitter));
      return emitter;
    }

    void send(String data) {
      for (RunnelEmitter emitter : emitters) {
        try {
          emitter.send(data);
        } catch (IOException left) {
          emitters.remove(emitter);
        }
      }
    }
  }

  /** What Boot's starter brings of Jetty is enough for WebSockets. */
  @Test
  void aTopicServletOpensWebSockets() throws Exception {
    String upgrade =
        "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    try (Socket socket = get("/topics/a", upgrade)) {
      assertThat(new String(socket.getInputStream().readNBytes(12), US_ASCII))
          .isEqualTo("HTTP/1.1 101");
    }
  }

  private Socket get(String path) throws IOException {
    return get(path, "");
  }

  private Socket get(String path, String headers) throws IOException {
    var socket = new Socket();
    socket.setReceiveBufferSize(4096);
    socket.connect(new InetSocketAddress("127.0.0.1", port));
    socket
        .getOutputStream()
        .write(("GET " + path + " HTTP/1.1\r\nHost: a" + headers + "\r\n\r\n").getBytes(US_ASCII));
    return socket;
  }

  @Test
  void clientsThatStallOrLeaveAreNotInTheLog(CapturedOutput output) throws Exception {
    try (Socket stalled = get("/events");
        Socket stalledToo = get("/own");
        TestStream other = client.get("/events").open()) {
      assertThat(stalled.getInputStream().read()).isEqualTo('H');
      assertThat(stalledToo.getInputStream().read()).isEqualTo('H');
      for (int i = 0; i < 20; i++) {
        Socket leaves = get(i % 2 == 0 ? "/events" : "/own");
        if (i % 3 > 0) leaves.getInputStream().read();
        if (i % 4 < 2) leaves.setSoLinger(true, 0);
        leaves.close();
      }
      for (int i = 0; i < 200; i++) {
        hub.publish("orders", "x".repeat(60_000));
        events.send("y".repeat(60_000));
        other.next();
      }
      // Jetty's own time, which is the real one, is over before the hub's.
      Thread.sleep(9_000);
      client.advance(Duration.ofSeconds(70));
      hub.publish("orders", "still there?");
      assertThat(other.next().data()).isEqualTo("still there?");
      client.advance(Duration.ofSeconds(70));
      awaitNobodyBut(1);
    }
    for (String line : output.toString().split("\n")) {
      assertThat(line).doesNotContain("Exception", " WARN ", " ERROR ");
    }
  }

  private void awaitNobodyBut(int subscribers) throws InterruptedException {
    for (int i = 0; i < 400 && !isNobodyBut(subscribers); i++) Thread.sleep(50);
    assertThat(hub.hub().statistics().subscriptions()).isEqualTo(subscribers);
    assertThat(events.emitters).isEmpty();
  }

  private boolean isNobodyBut(int subscribers) {
    return hub.hub().statistics().subscriptions() == subscribers && events.emitters.isEmpty();
  }
}
