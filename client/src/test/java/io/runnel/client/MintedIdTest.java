package io.runnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MintedIdTest {
  @Test
  void onlyWhatAHubMintsIsRead() {
    assertThat(MintedId.of("abc12def-0")).isEqualTo(new MintedId("abc12def", 0));
    assertThat(MintedId.of("abcdefgh-9223372036854775807"))
        .isEqualTo(new MintedId("abcdefgh", Long.MAX_VALUE));
    for (String id :
        List.of(
            "",
            "7",
            "abcdefgh-",
            "abcdefgh",
            "Abcdefgh-1",
            "abcdefg-1",
            "abcdefghi-1",
            "abcdefgh-1x",
            "abcdefgh--1",
            "abcdefgh-9223372036854775808",
            "abcdefgh-١",
            "abcdefgh-99999999999999999999")) {
      assertThat(MintedId.of(id)).as(id).isNull();
    }
    assertThat(MintedId.of(null)).isNull();
  }

  @Test
  void offsetsOfTwoEpochsAreNeverCompared() {
    var one = new MintedId("aaaaaaaa", 5);
    assertThat(
            List.of(
                one.isNotAbove(one),
                new MintedId("aaaaaaaa", 6).isNotAbove(one),
                new MintedId("bbbbbbbb", 4).isNotAbove(one),
                one.isNotAbove(null)))
        .containsExactly(true, false, false, false);
  }
}
