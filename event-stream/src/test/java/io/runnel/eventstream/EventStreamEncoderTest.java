package io.runnel.eventstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class EventStreamEncoderTest {
  @Test
  void anEventIsItsIdItsTypeItsDataAndABlankLine() {
    assertThat(text(EventStreamEncoder.encode(new Event("move", "1,2", "7"))))
        .isEqualTo("id: 7\nevent: move\ndata: 1,2\n\n");
  }

  @Test
  void typeMessageIsLeftOut() {
    assertThat(text(EventStreamEncoder.encode(Event.of("x")))).isEqualTo("data: x\n\n");
  }

  @Test
  void anEmptyIdIsWritten() {
    assertThat(text(EventStreamEncoder.encode(Event.of("x").withId(""))))
        .isEqualTo("id: \ndata: x\n\n");
  }

  @Test
  void everyLineOfDataHasItsFieldNameAndKeepsItsSpaces() {
    assertThat(text(EventStreamEncoder.encode(Event.of(" a\r\n\n\rb \n"))))
        .isEqualTo("data:  a\ndata: \ndata: \ndata: b \ndata: \n\n");
  }

  @Test
  void emptyDataIsOneEmptyLine() {
    assertThat(text(EventStreamEncoder.encode(Event.of("")))).isEqualTo("data: \n\n");
  }

  @Test
  void anIdInFrontOfABlockWithoutIdIsTheWholeBlock() {
    var event = new Event("move", "1,2", "é");
    assertThat(
            text(EventStreamEncoder.encodeId("é"))
                + text(EventStreamEncoder.encodeWithoutId(event)))
        .isEqualTo(text(EventStreamEncoder.encode(event)));
  }

  @Test
  void everyLineOfACommentHasItsColon() {
    assertThat(text(EventStreamEncoder.encodeComment("a\rdata: b\r\n\nc\uD800")))
        .isEqualTo(": a\n: data: b\n: \n: c\uFFFD\n\n");
    assertThat(text(EventStreamEncoder.encodeComment(""))).isEqualTo(": \n\n");
  }

  @Test
  void retryIsInWholeMilliseconds() {
    assertThat(text(EventStreamEncoder.encodeRetry(Duration.ofNanos(2_500_999_999L))))
        .isEqualTo("retry: 2500\n");
    assertThat(text(EventStreamEncoder.encodeRetry(Duration.ofSeconds(Long.MAX_VALUE))))
        .isEqualTo("retry: 9223372036854775807\n");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> EventStreamEncoder.encodeRetry(Duration.ofMillis(-1)))
        .withMessage("negative reconnection time: PT-0.001S");
  }

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }
}
