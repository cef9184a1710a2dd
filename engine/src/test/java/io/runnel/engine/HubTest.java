package io.runnel.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.eventstream.Event;
import org.junit.jupiter.api.Test;

class HubTest {
  @Test
  void liveSubscriberGetsWhatIsPublishedAfterItsOpening() {
    Hub hub = Hub.inMemory();
    var text = new StringBuilder();
    hub.newLane(Runnable::run)
        .subscribe(SubscriptionRequest.of(new Topic("orders"), Start.NOW), sink(text));
    hub.publish(new Topic("orders"), Event.of("placed", "1"));
    hub.publish(new Topic("other"), Event.of("placed", "2"));
    System.out.println(text);
    assertThat(text.toString()).contains("event: placed\ndata: 1\n\n").doesNotContain("data: 2");
  }

  private static EventSink sink(StringBuilder text) {
    return new EventSink() {
      @Override
      public boolean open(Opening opening) {
        return true;
      }

      @Override
      public boolean write(EventBatch batch) {
        text.append(new String(batch.toByteArray(), UTF_8));
        return true;
      }

      @Override
      public void end(EndReason reason) {
        text.append("END ").append(reason);
      }
    };
  }
}
