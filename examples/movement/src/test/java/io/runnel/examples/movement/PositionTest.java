package io.runnel.examples.movement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

class PositionTest {
  @ParameterizedTest
  @ValueSource(strings = {"0,0", "799,599", "10,0", "312,207"})
  void parseReadsWhatToStringWrote(String text) {
    assertThat(Position.parse(text)).map(Position::toString).contains(text);
  }

  @ParameterizedTest
  @NullAndEmptySource
  @ValueSource(
      strings = {
        "800,0",
        "0,600",
        "-1,0",
        "+1,0",
        "1",
        "1,",
        ",1",
        "1,2,3",
        "1;2",
        "1, 2",
        " 1,2",
        "1,2\n",
        "01,2",
        "1,00",
        "1.0,2",
        "1e2,3",
        "٣,٤",
        "99999999999999999999,1",
        "7f3a-12"
      })
  void parseRefusesWhatIsNoPositionOfTheField(String text) {
    assertThat(Position.parse(text)).isEmpty();
  }

  @Test
  void aPositionOutsideCannotBeMade() {
    assertThatThrownBy(() -> new Position(800, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("800,3 is outside the field of 800 x 600");
  }
}
