package io.runnel.hub;

import static io.runnel.hub.HubUnderTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The JDK's own sockets, as on a system for which there is no native build. */
class PlainSocketsTest {
  private HubUnderTest hub;

  @BeforeEach
  void start() throws Exception {
    hub = new HubUnderTest(HubConfig.DEFAULT.with(ConfigKey.NATIVE_IO, false));
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void nothingNativeIsUsed() throws Exception {
    assertThat(hub.server.listensOn()).isEqualTo("NioServerSocketChannel");
  }

  @Test
  void subscribersOverBothVersionsGetEveryEventInOrder() throws Exception {
    try (RawConnection one = hub.connect().get("/events/orders?open=no");
        RawHttp2 two = new RawHttp2(hub.server.port()).get(1, "/events/orders?open=no")) {
      await(() -> hub.hub.statistics().subscriptions() == 2);
      for (int i = 0; i < 100; i++) hub.hub.publish(new Topic("orders"), Event.of("n" + i));
      for (String text : new String[] {one.until("data: n99\n\n"), two.until(1, "data: n99\n\n")}) {
        assertThat(text.lines().filter(line -> line.startsWith("data: ")))
            .containsExactlyElementsOf(
                IntStream.range(0, 100).mapToObj(i -> "data: n" + i).toList());
      }
    }
  }

  @Test
  void aSubscriberThatStoppedReadingGetsItAllLater() throws Exception {
    String filler = "x".repeat(60_000);
    try (RawConnection subscriber = hub.connect().get("/events/orders?open=no")) {
      await(() -> hub.hub.statistics().subscriptions() == 1);
      for (int i = 0; i < 200; i++) hub.hub.publish(new Topic("orders"), Event.of(i + filler));
      await(() -> hub.hub.statistics().heldUp() > 0);
      for (int i = 0; i < 200; i++) subscriber.until("data: " + i + filler + "\n\n");
    }
  }
}
