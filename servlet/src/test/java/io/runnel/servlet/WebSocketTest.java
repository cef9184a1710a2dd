package io.runnel.servlet;

import static io.runnel.servlet.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Hub;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import jakarta.servlet.http.HttpServletRequest;
import java.net.http.HttpClient;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A topic over a WebSocket, in every container. */
class WebSocketTest {
  static final String HANDSHAKE =
      "Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

  /** 0x89, 0x00: its first byte is no UTF-8. */
  private static final String EMPTY_PING = "\uFFFD\0";

  private static final EventStreamsSettings SETTINGS =
      EventStreamsSettings.DEFAULT
          .withWriteTimeout(ContainerTest.IMPATIENT)
          .withHeartbeat(Duration.ofSeconds(1));

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private interface Body {
    void run(Container container, EventStreams streams) throws Exception;
  }

  private void in(Containers each, EventStreamsSettings settings, Body body) throws Exception {
    in(each.make(), settings, body);
  }

  private void in(Container container, EventStreamsSettings settings, Body body) throws Exception {
    try (Hub hub = ContainerTest.newHub(settings.writeTimeout(), settings.heartbeat());
        var streams = new EventStreams(hub, settings)) {
      container.start(Map.of("/events/*", new Topics()), 20, streams);
      body.run(container, streams);
      await(() -> streams.statistics().open() == 0 && hub.statistics().subscriptions() == 0);
      container.stop();
    }
  }

  private static final class Topics extends TopicServlet {
    @Override
    protected boolean mayPublish(HttpServletRequest request, Topic topic) {
      return true;
    }
  }

  /** See docs/decisions/websocket-in-a-servlet.md. */
  @Test
  void jettyWithoutItsModuleNamesIt() throws Exception {
    in(
        new JettyContainer(false),
        SETTINGS,
        (container, streams) -> {
          try (var raw = new RawConnection(container.port())) {
            raw.get("/events/a", HANDSHAKE);
            assertThat(raw.until("}")).contains(" 501 ", "ee11-websocket-jakarta");
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Containers.class)
  void eventsComeAsMessagesAndAreResumedAndEnd(Containers each) throws Exception {
    in(
        each,
        SETTINGS,
        (container, streams) -> {
          Topic topic = new Topic("a");
          String id;
          try (var socket = new ListeningSocket(client, container.url("/events/a"))) {
            assertThat(socket.next())
                .matches(
                    "\\{\"retry\":\\d+,\"id\":\"[0-9a-z]{8}-0\",\"event\":\"runnel.open\",\"data\":"
                        + "\"\\{\\\\\"recovered\\\\\":null,\\\\\"heartbeat\\\\\":1000}\"}");
            id = streams.hub().publish(topic, Event.of("placed", "one\n\"two\"\t")).join().id();
            assertThat(socket.next())
                .isEqualTo(
                    "{\"id\":\""
                        + id
                        + "\",\"event\":\"placed\",\"data\":\"one\\n\\\"two\\\"\\u0009\"}");
            assertThat(socket.nextControl()).isEqualTo("ping");
            socket.socket.sendPing(ByteBuffer.wrap(new byte[7]));
            String control = socket.nextControl();
            while (control.equals("ping")) control = socket.nextControl();
            assertThat(control).isEqualTo("pong 7");
          }
          streams.hub().publish(topic, Event.of("large", "x".repeat(70_000)));
          streams.hub().publish(topic, Event.of("medium", "x".repeat(300)));
          streams.hub().complete(topic);
          try (var socket =
              new ListeningSocket(client, container.url("/events/a?open=no&lastEventId=" + id))) {
            assertThat(socket.next())
                .startsWith("{\"retry\":")
                .contains("\"event\":\"large\"")
                .hasSizeGreaterThan(70_000);
            assertThat(socket.next()).contains("\"event\":\"medium\"");
            assertThat(socket.next()).isEqualTo("closed 1000 complete");
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Containers.class)
  void whoSpeaksIsToldToPublishOtherwiseAndWhoClosesIsLetGo(Containers each) throws Exception {
    in(
        each,
        SETTINGS,
        (container, streams) -> {
          try (var talks = new ListeningSocket(client, container.url("/events/a"));
              var closes = new ListeningSocket(client, container.url("/events/a"));
              var leaves = new ListeningSocket(client, container.url("/events/a"))) {
            talks.next();
            closes.next();
            leaves.next();
            talks.socket.sendText("hello", true);
            assertThat(talks.next()).startsWith("closed 1003 this socket only sends");
            closes.socket.sendClose(4001, "enough");
            assertThat(closes.next()).startsWith("closed 4001");
            leaves.socket.abort();
            await(() -> streams.statistics().open() == 0);
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Containers.class)
  void whoIsOneTooManyAndWhoIsThereAtTheEndAreToldWhenToComeBack(Containers each) throws Exception {
    in(
        each,
        SETTINGS.withMaxStreams(1),
        (container, streams) -> {
          try (var first = new ListeningSocket(client, container.url("/events/a"));
              var second = new ListeningSocket(client, container.url("/events/a"))) {
            first.next();
            assertThat(second.next()).matches("\\{\"retry\":\\d+}");
            assertThat(second.next()).matches("closed 1013 retry: \\d+");
            assertThat(streams.statistics().refused()).isEqualTo(1);
            streams.drain(Duration.ZERO);
            assertThat(first.next()).matches("\\{\"retry\":\\d+}");
            assertThat(first.next()).matches("closed 1001 retry: \\d+");
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Containers.class)
  void theHandshakeIsCheckedAndNamesWhatIsMissing(Containers each) throws Exception {
    in(
        each,
        SETTINGS,
        (container, streams) -> {
          for (String[] wrong :
              new String[][] {
                {"Upgrade: websocket\n", "", " 426 ", "a proxy in between"},
                {"Version: 13", "Version: 8", " 426 ", "Sec-WebSocket-Version: 8 is not 13"},
                {"dGhl", "x", " 400 ", "is not 16 bytes in Base64"},
              }) {
            try (var raw = new RawConnection(container.port())) {
              raw.get("/events/a", HANDSHAKE.replace(wrong[0], wrong[1]));
              assertThat(raw.until("}")).contains(wrong[2], wrong[3]);
            }
          }
          try (var raw = new RawConnection(container.port())) {
            raw.get("/events/a", HANDSHAKE, "Origin: http://evil.example");
            assertThat(raw.until("}")).contains(" 403 ", "may open no WebSocket here");
          }
          try (var raw = new RawConnection(container.port())) {
            raw.get("/events/a", HANDSHAKE, "Sec-WebSocket-Protocol: x, runnel");
            assertThat(raw.until("\r\n\r\n"))
                .contains(" 101 ", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                .containsIgnoringCase("Sec-WebSocket-Protocol: runnel");
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Containers.class)
  void whoBreaksTheProtocolHarmsNobody(Containers each) throws Exception {
    in(
        each,
        SETTINGS,
        (container, streams) -> {
          var random = new Random(7);
          try (var other = new ListeningSocket(client, container.url("/events/a"))) {
            other.next();
            for (int i = 0; i < 30; i++) {
              try (var raw = new RawConnection(container.port())) {
                raw.get("/events/a", HANDSHAKE).until("runnel.open");
                byte[] noise = new byte[1 + random.nextInt(3000)];
                random.nextBytes(noise);
                raw.send(noise);
                if (i % 2 == 0) raw.reset();
              }
            }
            streams.hub().publish(new Topic("a"), Event.of("undisturbed"));
            assertThat(other.next()).contains("undisturbed");
            await(() -> streams.statistics().open() == 1);
          }
        });
  }

  /** Undertow goes on to write, and to say that it cannot, for ever, unless it is made to stop. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "JETTY")
  @Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void whoReadsNothingAndLeavesKeepsNoThread(Containers each) throws Exception {
    in(
        each,
        SETTINGS,
        (container, streams) -> {
          try (var stalled = new RawConnection(container.port(), 4096)) {
            stalled.get("/events/a", HANDSHAKE).until("runnel.open");
            for (int i = 0; i < 1000; i++) {
              streams.hub().publish(new Topic("a"), Event.of("y".repeat(8000)));
            }
            await(() -> streams.hub().statistics().heldUp() > 0);
            stalled.reset();
          }
        });
  }

  /** Without pings: until its connection is full they go out, and nobody answers them either. */
  @ParameterizedTest
  @EnumSource(Containers.class)
  @Tag("slow")
  void whoReadsNothingIsCutAndHoldsNobodyUp(Containers each) throws Exception {
    in(
        each,
        SETTINGS.withLanes(1).withHeartbeat(Duration.ofHours(1)),
        (container, streams) -> {
          try (var stalled = new RawConnection(container.port(), 4096);
              var other = new ListeningSocket(client, container.url("/events/a"))) {
            stalled.get("/events/a", HANDSHAKE).until("runnel.open");
            other.next();
            for (int i = 0; i < 2000; i++) {
              streams.hub().publish(new Topic("a"), Event.of(i + "y".repeat(8000)));
              assertThat(other.next()).contains("\"" + i + "y");
            }
            await(() -> streams.statistics().open() == 1);
            assertThat(streams.statistics().slow()).isEqualTo(1);
            streams.hub().publish(new Topic("a"), Event.of("undisturbed"));
            assertThat(other.next()).contains("undisturbed");
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Containers.class)
  @Tag("slow")
  void whoReadsButAnswersNoPingIsLetGo(Containers each) throws Exception {
    in(
        each,
        SETTINGS,
        (container, streams) -> {
          try (var raw = new RawConnection(container.port())) {
            raw.get("/events/a", HANDSHAKE).until("runnel.open");
            raw.until(EMPTY_PING.repeat(4));
            await(() -> streams.statistics().open() == 0);
            assertThat(streams.statistics().slow()).isZero();
          }
        });
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "TOMCAT")
  void whoDoesNotAnswerACloseIsCut(Containers each) throws Exception {
    in(
        each,
        SETTINGS,
        (container, streams) -> {
          try (var raw = new RawConnection(container.port())) {
            raw.get("/events/a", HANDSHAKE).until("runnel.open");
            streams.hub().complete(new Topic("a"));
            assertThat(raw.rest()).endsWith("complete");
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Containers.class)
  void whoReadsLateGetsAll(Containers each) throws Exception {
    in(
        each,
        SETTINGS.withWriteTimeout(ContainerTest.PATIENT),
        (container, streams) -> {
          try (var late = new RawConnection(container.port(), 4096)) {
            late.get("/events/a", HANDSHAKE).until("runnel.open");
            for (int i = 0; i < 60; i++) {
              streams.hub().publish(new Topic("a"), Event.of("z".repeat(100_000)));
            }
            streams.hub().publish(new Topic("a"), Event.of("the last")).join();
            assertThat(late.until("the last")).hasSizeGreaterThan(6_000_000);
          }
        });
  }

  /** The API has no way to cut a connection. */
  @Test
  @Tag("slow")
  void theConnectionOfWhoReadsNothingEndsOnJettyToo() throws Exception {
    var jetty = new JettyContainer();
    in(
        jetty,
        SETTINGS,
        (container, streams) -> {
          try (var stalled = new RawConnection(container.port(), 4096)) {
            stalled.get("/events/a", HANDSHAKE).until("runnel.open");
            for (int i = 0; i < 100; i++) {
              streams.hub().publish(new Topic("a"), Event.of("z".repeat(100_000)));
            }
            await(() -> streams.statistics().slow() == 1);
            await(() -> jetty.connections() == 0);
          }
        });
  }
}
