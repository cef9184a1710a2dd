package io.runnel.examples.movement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeriodTest {
  @ParameterizedTest
  @ValueSource(strings = {"20", "2000", "60000"})
  void aPeriodInRangeIsRead(String text) {
    assertThat(Period.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"19", "60001", "-20", "", "2s", "2.5", "99999999999"})
  void aRefusalNamesTheValueAndTheRule(String text) {
    assertThatThrownBy(() -> Period.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "period is \"%s\"; a whole number of milliseconds from 20 to 60000 is allowed", text);
  }

  @Test
  void aMissingPeriodIsRefused() {
    assertThatThrownBy(() -> Period.parse(null)).hasMessageStartingWith("period is missing; ");
  }

  @Test
  void aHugeValueIsCutInTheRefusal() {
    assertThatThrownBy(() -> Period.parse("9".repeat(100_000)))
        .hasMessageStartingWith("period is \"" + "9".repeat(40) + "…\"");
  }
}
