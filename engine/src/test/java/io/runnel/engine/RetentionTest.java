package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetentionTest {
  @Test
  void everyBoundIsPositive() {
    Duration age = Duration.ofSeconds(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Retention(0, 1, age))
        .withMessage("retention of 0 events");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Retention(1, 0, age))
        .withMessage("retention of 0 bytes");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Retention(1, 1, Duration.ZERO))
        .withMessage("retention of PT0S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Retention(1, 1, Duration.ofMillis(-1)));
  }
}
