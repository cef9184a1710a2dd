package io.runnel.examples.movement;

import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Hub;
import io.runnel.examples.movement.PrivateWalks.PrivateWalk;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PrivateWalksTest {
  private final Hub hub = Hub.inMemory();
  private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);
  private final PrivateWalks walks = new PrivateWalks(hub, scheduler);

  @AfterEach
  void stop() {
    scheduler.shutdownNow();
    hub.close();
  }

  @Test
  void eachWalkHasATopicOfItsOwnUpToTheLimit() {
    List<String> topics = new ArrayList<>();
    for (int i = 0; i < PrivateWalks.CAPACITY; i++) topics.add(open().topic().name());
    assertThat(topics)
        .doesNotHaveDuplicates()
        .contains("movement/walk/1", "movement/walk/" + PrivateWalks.CAPACITY);
    assertThat(walks.walk(null, Period.DEFAULT)).isEmpty();
  }

  @Test
  void theTopicOfAWalkThatIsOverIsUsedAgain() {
    PrivateWalk first = open();
    PrivateWalk second = open();
    second.close();
    first.close();
    assertThat(List.of(open().topic(), open().topic(), open().topic().name()))
        .containsExactly(second.topic(), first.topic(), "movement/walk/3");
  }

  private PrivateWalk open() {
    return walks.walk(null, Period.DEFAULT).orElseThrow();
  }
}
