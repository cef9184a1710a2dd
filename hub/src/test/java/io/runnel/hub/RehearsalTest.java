package io.runnel.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.HubStatistics;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RehearsalTest {
  @Test
  @Tag("slow")
  void itPlaysWhatMakesAHubBusy() throws Exception {
    try (var hub = new HubUnderTest()) {
      Rehearsal.main(new String[] {String.valueOf(hub.server.port())});
      HubStatistics played = hub.hub.statistics();
      assertThat(played.resumed()).isGreaterThan(5000);
      assertThat(played.deliveries()).isGreaterThan(played.resumed() * 100);
      assertThat(played.gaps()).isZero();
    }
  }
}
