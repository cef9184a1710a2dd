package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CursorTest {
  private static final String EPOCH = "abcd0123";

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 9, 10, 1234567890123L, 999_999_999_999_999_999L})
  void aPositionComesBackAsItWas(long offset) {
    String text = Cursor.format(EPOCH, offset);
    assertThat(Cursor.isMinted(text)).isTrue();
    assertThat(Cursor.isOf(EPOCH, text)).isTrue();
    assertThat(Cursor.isOf("abcd0124", text)).isFalse();
    assertThat(Cursor.offset(text)).isEqualTo(offset);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "abcd0123",
        "abcd0123-",
        "abcd0123-01",
        "abcd0123-00",
        "abcd0123--1",
        "abcd0123-1x",
        "abcd0123-+1",
        "abcd0123- 1",
        "ABCD0123-1",
        "abcd012-1",
        "abcd01234-1",
        "abcd0123_1",
        "abcd0123-1000000000000000000",
        "abcd0123-١",
        "abcd0123-1\n",
        "10,20"
      })
  void isNoPosition(String text) {
    assertThat(Cursor.isMinted(text)).isFalse();
    assertThat(Cursor.isOf(EPOCH, text)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\u0000", "\n", "a\u001f", "\u007f", "\r\n"})
  void aControlCharacterIsMalformed(String text) {
    assertThat(Cursor.isMalformed(text)).isTrue();
  }

  @Test
  void whatIsTooLongIsMalformed() {
    assertThat(Cursor.isMalformed("x".repeat(1024))).isFalse();
    assertThat(Cursor.isMalformed("x".repeat(1025))).isTrue();
    assertThat(Cursor.isMalformed("x".repeat(1 << 20))).isTrue();
    assertThat(Cursor.isMalformed("Ü 10,20 😀")).isFalse();
  }

  @Test
  void anEpochHasTheShapeThatPositionsNeed() {
    var random = new SplittableRandom(1);
    for (int i = 0; i < 100; i++) {
      String epoch = Cursor.newEpoch(random);
      assertThat(Cursor.isOf(epoch, Cursor.format(epoch, i))).isTrue();
    }
  }
}
