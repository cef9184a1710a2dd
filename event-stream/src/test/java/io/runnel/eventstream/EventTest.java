package io.runnel.eventstream;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EventTest {
  @Test
  void crAndCrlfInDataBecomeLf() {
    assertThat(Event.of("a\rb\r\nc\n").data()).isEqualTo("a\nb\nc\n");
  }
}
