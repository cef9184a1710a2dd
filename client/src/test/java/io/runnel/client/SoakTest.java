package io.runnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The short form of the soak. */
@Timeout(120)
class SoakTest {
  @Test
  void reconnectingLeavesNoThreadNoSocketAndNoMemoryBehind() throws Exception {
    Soak.Holdings[] held = Soak.run(3_000);
    assertThat(held[1].isNear(held[0])).as("before %s, after %s", held[0], held[1]).isTrue();
  }
}
