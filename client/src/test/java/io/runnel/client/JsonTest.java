package io.runnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
  @Test
  void anObjectIsReadWithAllThatItMayHold() {
    String text =
        " {\"s\":\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\",\"n\":-12,\"d\":1.5e2,\"t\":true,"
            + "\"f\":false,\"z\":null,\"l\":[1,null,{}],\"o\":{\"x\":{}}} ";
    assertThat(Json.object(text))
        .isEqualTo(
            Map.of(
                "s",
                "a\"\\/\b\f\n\r\té",
                "n",
                -12L,
                "d",
                150.0,
                "t",
                true,
                "f",
                false,
                "l",
                Arrays.asList(1L, null, Map.of()),
                "o",
                Map.of("x", Map.of())));
  }

  @Test
  void whatIsNoJsonObjectIsEmpty() {
    String deep = "{\"a\":".repeat(100_000);
    for (String text :
        List.of(
            "",
            "null",
            "[]",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{\"a\":01}",
            "{\"a\":1}x",
            "{\"a\":\"\n\"}",
            "{'a':1}",
            "{\"a\":\"\\u12\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":+1}",
            deep)) {
      assertThat(Json.object(text)).as(text.substring(0, Math.min(20, text.length()))).isEmpty();
    }
  }
}
