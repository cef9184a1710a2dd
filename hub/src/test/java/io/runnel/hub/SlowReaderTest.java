package io.runnel.hub;

import static io.runnel.hub.HubUnderTest.await;
import static io.runnel.hub.RawHttp2.DATA;
import static io.runnel.hub.RawHttp2.WINDOW_UPDATE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SlowReaderTest {
  private static final HubConfig IMPATIENT =
      HubConfig.DEFAULT.with(ConfigKey.WRITE_TIMEOUT, Duration.ofSeconds(5));

  private static final HubConfig VERY_IMPATIENT =
      HubConfig.DEFAULT
          .with(ConfigKey.WRITE_TIMEOUT, Duration.ofSeconds(1))
          .with(ConfigKey.REQUEST_TIMEOUT, Duration.ofSeconds(1))
          .with(ConfigKey.IDLE_TIMEOUT, Duration.ofSeconds(1));

  private static final String[] HANDSHAKE = {
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
  };

  private static final int PIECE = 25_000;

  /** It would be cut again whenever it came back, and never get past that event. */
  @Test
  @Tag("slow")
  void whoTakesALargeEventForLongerThanTheWriteTimeoutIsNotCut() throws Exception {
    String large = "x".repeat(40 * PIECE);
    try (var hub = new HubUnderTest(IMPATIENT, IMPATIENT.engineSettings(), List.of());
        RawConnection stream = hub.connect();
        RawConnection webSocket = hub.connect();
        var http2 = new RawHttp2(hub.server.port())) {
      for (RawConnection reader : List.of(stream, webSocket)) {
        reader.socket().setReceiveBufferSize(32_768);
      }
      stream.get("/events/a").until("runnel.open");
      webSocket.get("/events/a", HANDSHAKE).until("runnel.open");
      http2.get(1, "/events/a").until(1, "runnel.open");
      hub.hub.publish(new Topic("a"), Event.of(large)).join();
      await(() -> hub.hub.statistics().heldUp() == 3);
      for (int i = 0; i < 38; i++) {
        Thread.sleep(250);
        for (RawConnection reader : List.of(stream, webSocket)) {
          byte[] piece = reader.socket().getInputStream().readNBytes(PIECE);
          assertThat(new String(piece, ISO_8859_1)).hasSize(PIECE);
        }
        for (int taken = 0; taken < PIECE; ) taken += http2.next(DATA, 1).payload().length;
        http2.sendNumber(WINDOW_UPDATE, 0, PIECE).sendNumber(WINDOW_UPDATE, 1, PIECE);
      }
      hub.hub.publish(new Topic("a"), Event.of("the next"));
      stream.until("the next");
      webSocket.until("the next");
      http2.sendNumber(WINDOW_UPDATE, 0, 4 * PIECE).sendNumber(WINDOW_UPDATE, 1, 4 * PIECE);
      http2.until(1, "the next");
      assertThat(hub.hub.statistics().slowDisconnects()).isZero();
      await(() -> hub.server.counters().queuedBytes.sum() == 0);
    }
  }

  /** More than the kernel keeps for two sockets of loopback. */
  private static void stall(HubUnderTest hub) throws InterruptedException {
    for (int i = 0; i < 20; i++) hub.hub.publish(new Topic("a"), Event.of("x".repeat(1_000_000)));
    await(() -> hub.hub.statistics().heldUp() == 1);
  }

  @Test
  void whoTakesNothingOfTheEndOfItsStreamIsCutAtTheWriteTimeout() throws Exception {
    try (var hub = new HubUnderTest(VERY_IMPATIENT);
        RawConnection stalled = hub.connect()) {
      stalled.get("/events/a").until("runnel.open");
      stall(hub);
      hub.hub.drain(Duration.ZERO);
      await(() -> hub.hub.statistics().subscriptions() == 0);
      await(() -> hub.server.connections() == 0);
    }
  }

  @Test
  void aWebSocketThatIsClosedByAClientThatTakesNothingIsCut() throws Exception {
    try (var hub = new HubUnderTest(VERY_IMPATIENT);
        RawConnection stalled = hub.connect()) {
      stalled.get("/events/a", HANDSHAKE).until("runnel.open");
      stall(hub);
      byte[] close = {(byte) 0x88, (byte) 0x80, 0, 0, 0, 0};
      stalled.socket().getOutputStream().write(close);
      await(() -> hub.server.connections() == 0);
    }
  }

  @Test
  void aConnectionOfHttp2ThatTakesNothingIsCutWhenItsStreamsAreOver() throws Exception {
    try (var hub = new HubUnderTest(VERY_IMPATIENT);
        var stalled = new RawHttp2(hub.server.port(), RawHttp2.INITIAL_WINDOW_SIZE, 1 << 30)) {
      stalled.sendNumber(WINDOW_UPDATE, 0, 1 << 30);
      stalled.get(1, "/events/a").until(1, "runnel.open");
      stall(hub);
      hub.hub.drain(Duration.ZERO);
      await(() -> hub.server.connections() == 0);
    }
  }
}
