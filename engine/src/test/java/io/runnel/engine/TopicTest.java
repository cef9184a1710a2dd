package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"orders", "user/42", "a/b/c/d", "...", "a.b", "Bestellungen-ü", "😀", "a+b"})
  void isATopic(String name) {
    assertThat(new Topic(name).name()).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "a/",
        "/a",
        "a//b",
        ".",
        "a/..",
        "a b",
        " a",
        "a\tb",
        "a\u00a0b",
        "a\u0000b",
        "a\u007fb",
        "a\u200bb",
        "a\u2028b",
        "*",
        "a/*",
        "a*",
        "a?b",
        "a#b",
        "a\\b",
        "a%2fb",
        "a\ud800b"
      })
  void isNoTopic(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> new Topic(name));
  }

  @Test
  void aNameHas256BytesOfUtf8() {
    assertThat(new Topic("x".repeat(256)).name()).hasSize(256);
    assertThat(new Topic("ü".repeat(128)).name()).hasSize(128);
    assertThatIllegalArgumentException().isThrownBy(() -> new Topic("x".repeat(257)));
    assertThatIllegalArgumentException().isThrownBy(() -> new Topic("ü".repeat(129)));
  }

  @Test
  void theMessageSaysWhatIsWrongAndNothingThatHarmsATerminal() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Topic("a\u001bb"))
        .withMessage("topic name \"a\ufffdb\" has the control character U+001B");
  }
}
