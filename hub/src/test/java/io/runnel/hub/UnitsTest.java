package io.runnel.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnitsTest {
  @Test
  void unitsOfSizeArePowersOfThousandOrWithAnIOf1024() {
    assertThat(List.of("7", "7B", "64MB", "64 MiB", "1GB", "2gib", "3KB", "3kib"))
        .extracting(Units::parseSize)
        .containsExactly(7L, 7L, 64_000_000L, 64L << 20, 1_000_000_000L, 2L << 30, 3000L, 3L << 10);
  }

  @Test
  void durationsGoFromMillisecondsToDays() {
    assertThat(List.of("500ms", "15s", "5m", "24h", "7d", "0s"))
        .extracting(Units::parseDuration)
        .containsExactly(
            Duration.ofMillis(500),
            Duration.ofSeconds(15),
            Duration.ofMinutes(5),
            Duration.ofHours(24),
            Duration.ofDays(7),
            Duration.ZERO);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "15", "s", "-1s", "1.5s", "1 week", "1S", "999999999999999d"})
  void whatIsNoDurationIsRefused(String text) {
    assertThatThrownBy(() -> Units.parseDuration(text))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "MB", "-1", "1.5MB", "1TB", "0x10", "999999999999999GiB"})
  void whatIsNoSizeIsRefused(String text) {
    assertThatThrownBy(() -> Units.parseSize(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 999, 1000, 1024, 1_000_001, 64L << 20, 64_000_000, 5L << 30})
  void whatIsWrittenIsReadAgain(long value) {
    assertThat(Units.parseSize(Units.formatSize(value))).isEqualTo(value);
    Duration duration = Duration.ofMillis(value);
    assertThat(Units.parseDuration(Units.formatDuration(duration))).isEqualTo(duration);
  }
}
