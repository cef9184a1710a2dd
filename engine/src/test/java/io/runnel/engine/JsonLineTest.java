package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.runnel.eventstream.Event;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lines of JSON that are events, and those that are none. */
class JsonLineTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"data\":\"x\"} | - | x",
        "{\"data\":\"x\",\"event\":null,\"id\":null,\"topic\":null} | - | x",
        "{\"topic\":\"a/b\",\"data\":\"x\"} | a/b | x",
        " { \"data\" : \"a\\u00e4\\ud83d\\ude00\\b\\/\\\\\" } | - | aä😀\b/\\",
        "{\"data\":{\"a\": [1, -2.5e3, \"}\"]} } | - | {\"a\": [1, -2.5e3, \"}\"]}",
        "{\"data\":0.10} | - | 0.10",
        "{\"data\":false} | - | false",
        "{\"data\":[]} | - | []",
      })
  void dataIsTheTextOrTheJsonAsItIsWritten(String line, String topic, String data) {
    assertThat(JsonLine.of(line, "default"))
        .isEqualTo(
            new JsonLine(
                topic.equals("-") ? null : new Topic(topic), new Event("default", data, null)));
  }

  @Test
  void aTypeAndAnIdAreTheEvents() {
    assertThat(JsonLine.of("{\"id\":\"17\",\"type\":\"placed\",\"data\":\"\"}", "default").event())
        .isEqualTo(new Event("placed", "", "17"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "[1] | it is no JSON object",
        "{\"data\":1 | it is no JSON object: unexpected at its end",
        "{\"data\":1,} | it is no JSON object: unexpected at character 11",
        "{\"data\":01} | it is no JSON object: unexpected at character 9",
        "{\"data\":\"\\u12\uff11\uff11\"} | it is no JSON object: unexpected at character",
        "{\"data\":1,\"data\":2} | it is no JSON object: \"data\" is there twice",
        "{\"data\":1} {} | it has more than one JSON object",
        "{\"data\":null} | its data is null",
        "{\"event\":\"x\"} | it has no data",
        "{\"data\":1,\"id\":7} | its id is no string",
        "{\"data\":1,\"typ\":\"x\"} | unknown key 'typ': a line has data, event, id and topic",
        "{\"data\":1,\"topic\":\"a b\"} | topic name \"a b\" has white space",
      })
  void whatIsNoneIsRefusedInOneSentence(String line, String why) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JsonLine.of(line, "default"))
        .withMessageStartingWith(why);
  }

  @Test
  void howeverALineIsCutOrChangedItIsReadOrRefused() {
    String line =
        "{\"data\":{\"a\":[1,-2.5e3,true,null,\"\\u00e4\\n\"]},\"id\":\"7\",\"topic\":\"b\"}";
    var random = new Random(20261121);
    String spice = "{}[]\":,\\0u-.enul \uff11\ud83d";
    int read = 0;
    for (int i = 0; i < 20_000; i++) {
      var changed = new StringBuilder(line.substring(0, random.nextInt(line.length() + 1)));
      for (int n = random.nextInt(4); n > 0 && !changed.isEmpty(); n--) {
        char c = spice.charAt(random.nextInt(spice.length()));
        changed.setCharAt(random.nextInt(changed.length()), c);
      }
      try {
        JsonLine.of(changed.toString(), "default");
        read++;
      } catch (IllegalArgumentException refused) {
        assertThat(refused).hasMessageMatching("(?s)(it|its|unknown key|topic name|event id) .*");
      }
    }
    assertThat(read).isPositive();
  }
}
