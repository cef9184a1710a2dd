package io.runnel.hub;

import static io.runnel.hub.HubUnderTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.HubSettings;
import io.runnel.engine.Start;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A site that streams is told once that a stream is over, whatever became of it. */
class SiteStreamTest {
  private final AtomicInteger closed = new AtomicInteger();

  private final Site site =
      new Site() {
        @Override
        public String path() {
          return "/site";
        }

        @Override
        public void start(SiteContext context) {}

        @Override
        public void handle(SiteRequest request, SiteResponse response) {
          response.stream(List.of("own/" + request.query("n")), Start.NOW, closed::incrementAndGet);
        }
      };

  @Test
  void whenItsClientLeaves() throws Exception {
    try (var hub = new HubUnderTest(HubConfig.DEFAULT, HubSettings.DEFAULT, List.of(site))) {
      try (RawConnection subscriber = hub.connect().get("/site/stream?n=1")) {
        subscriber.until("runnel.open");
        assertThat(closed).hasValue(0);
      }
      await(() -> closed.get() == 1);
    }
    assertThat(closed).hasValue(1);
  }

  @Test
  void whenThereIsNoRoomForItsTopic() throws Exception {
    HubSettings d = HubSettings.DEFAULT;
    var oneTopic =
        new HubSettings(
            d.slowConsumers(),
            d.heartbeat(),
            d.reconnectionTime(),
            d.writeTimeout(),
            1,
            d.maxTopicsPerSubscription(),
            d.maxEventBytes(),
            d.windowEvents(),
            d.windowBytes());
    try (var hub = new HubUnderTest(HubConfig.DEFAULT, oneTopic, List.of(site))) {
      hub.publish("taken", "x");
      try (RawConnection refused = hub.connect().get("/site/stream?n=2")) {
        assertThat(refused.answer()).startsWith("HTTP/1.1 503").contains("limit of 1 topics");
        await(() -> closed.get() == 1);
      }
    }
    assertThat(closed).hasValue(1);
  }
}
