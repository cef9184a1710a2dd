package io.runnel.eventstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventTest {
  @Test
  void crAndCrlfInDataBecomeLf() {
    assertThat(Event.of("a\rb\r\nc\n\r\r\nd").data()).isEqualTo("a\nb\nc\n\n\nd");
  }

  @Test
  void loneSurrogatesBecomeReplacementCharactersAndPairsStay() {
    String hostile = "\uDE00a\uD83D\uDE00b\uD83D";
    String wellFormed = "\uFFFDa\uD83D\uDE00b\uFFFD";
    assertThat(new Event(hostile, hostile, hostile))
        .isEqualTo(new Event(wellFormed, wellFormed, wellFormed));
    assertThat(Event.of("\uD83D\uD83D\uDE00").data()).isEqualTo("\uFFFD\uD83D\uDE00");
  }

  @Test
  void nulInDataStays() {
    assertThat(Event.of("a\0b").data()).isEqualTo("a\0b");
  }

  @Test
  void anEmptyTypeIsMessage() {
    assertThat(Event.of("", "x")).isEqualTo(Event.of("x"));
    assertThat(Event.of("x").type()).isEqualTo("message");
  }

  @ParameterizedTest
  @CsvSource({"13, CR", "10, LF", "0, NUL"})
  void lineBreaksAndNulInATypeAreRefused(int c, String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Event.of("ab" + (char) c + "data: x", "x"))
        .withMessage("event type has " + name + " at index 2; CR, LF and NUL are not allowed");
  }

  @ParameterizedTest
  @CsvSource({"13, CR", "10, LF", "0, NUL"})
  void lineBreaksAndNulInAnIdAreRefused(int c, String name) {
    String id = (char) c + "1";
    String message = "event id has " + name + " at index 0; CR, LF and NUL are not allowed";
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Event("a", "x", id))
        .withMessage(message);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Event.of("x").withId(id))
        .withMessage(message);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> EventStreamEncoder.encodeId(id))
        .withMessage(message);
  }

  @Test
  @SuppressWarnings("NullAway") // the caller that has no analyser
  void nullTypeAndDataAreRefusedByName() {
    assertThatNullPointerException().isThrownBy(() -> Event.of(null, "x")).withMessage("type");
    assertThatNullPointerException().isThrownBy(() -> Event.of(null)).withMessage("data");
  }

  @Test
  void anEventIsItsTypeDataAndId() {
    var event = new Event("move", "1,2", "7");
    assertThat(event).isEqualTo(new Event("move", "1,2", "7"));
    assertThat(event).hasSameHashCodeAs(new Event("move", "1,2", "7"));
    assertThat(event).isNotEqualTo(new Event("stop", "1,2", "7"));
    assertThat(event).isNotEqualTo(new Event("move", "1,3", "7"));
    assertThat(event).isNotEqualTo(new Event("move", "1,2", "8"));
    assertThat(event).isNotEqualTo(new Event("move", "1,2", null));
    assertThat(event).hasToString("Event[type=move, data=1,2, id=7]");
  }

  @Test
  void withIdChangesTheIdOnly() {
    var event = new Event("move", "1,2", "7");
    assertThat(event.withId("\uD800")).isEqualTo(new Event("move", "1,2", "\uFFFD"));
    assertThat(event.withId(null)).isEqualTo(Event.of("move", "1,2"));
  }

  @Test
  void whatHeadersDoNotCarryDoesNotFitIntoOne() {
    for (String id : List.of("\u0001", "a\tb", "\u001b[31m", "\u007f", " a", "a ", " ")) {
      assertThat(Event.fitsIntoHeader(id)).as(id).isFalse();
    }
    for (String id : List.of("", "7", "10, 20", "\u0085", "Ü 😀")) {
      assertThat(Event.fitsIntoHeader(id)).as(id).isTrue();
    }
  }
}
