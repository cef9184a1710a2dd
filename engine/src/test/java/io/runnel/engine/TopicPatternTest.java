package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.runnel.eventstream.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicPatternTest {
  @ParameterizedTest
  @CsvSource({
    "orders,      orders,          yes",
    "orders,      orders/17,       no",
    "orders,      order,           no",
    "orders,      orders2,         no",
    "orders/*,    orders/17,       yes",
    "orders/*,    orders,          no",
    "orders/*,    orders/17/lines, no",
    "orders/**,   orders,          yes",
    "orders/**,   orders/17,       yes",
    "orders/**,   orders/17/lines, yes",
    "orders/**,   orders2,         no",
    "**,          a,               yes",
    "**,          a/b/c,           yes",
    "*,           a,               yes",
    "*,           a/b,             no",
    "*/b,         a/b,             yes",
    "*/b,         b,               no",
    "*/b,         a/c,             no",
    "*/*,         a/b,             yes",
    "*/*,         a,               no",
    "*/**,        a,               yes",
    "*/**,        a/b/c,           yes",
    "a/*/c,       a/b/c,           yes",
    "a/*/c,       a/b/d,           no",
    "a/*/**,      a,               no",
    "a/*/**,      a/b,             yes",
    "a/*/**,      a/b/c/d,         yes"
  })
  void means(String pattern, String topic, String answer) {
    assertThat(new TopicPattern(pattern).matches(new Topic(topic))).isEqualTo(answer.equals("yes"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/", "a/", "**/a", "a/**/b", "a*", "a/b*", "***", "a/***", "a b", "a//*"})
  void isNoPattern(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> new TopicPattern(text));
  }

  @Test
  void exactIsAPatternOfOneTopic() {
    assertThat(new TopicPattern("a/b").isExact()).isTrue();
    assertThat(new TopicPattern("a/*").isExact()).isFalse();
    assertThat(TopicPattern.ALL.isExact()).isFalse();
  }

  /** A lane tests each pattern once for each topic and remembers; what it remembers is true. */
  @Test
  void whatALaneRemembersIsWhatThePatternSays() {
    for (long seed = 0; seed < 300; seed++) {
      var random = new SplittableRandom(seed);
      var hub = new TestHub();
      var asked = new ArrayList<TopicPattern>();
      var recorders = new ArrayList<Recorder>();
      var published = new ArrayList<Topic>();
      for (int i = 0; i < 40; i++) {
        if (random.nextInt(3) == 0) {
          asked.add(somePattern(random));
          recorders.add(hub.subscribe(asked.get(asked.size() - 1).text(), Start.OLDEST));
        } else {
          Topic topic = someTopic(random);
          published.add(topic);
          hub.publish(topic.name(), Event.of("in " + topic));
        }
      }
      for (int i = 0; i < asked.size(); i++) {
        assertThat(new TreeSet<>(recorders.get(i).data()))
            .as("seed %d, %s", seed, asked.get(i))
            .isEqualTo(new TreeSet<>(meant(asked.get(i), published)));
      }
    }
  }

  private static List<String> meant(TopicPattern pattern, List<Topic> topics) {
    return topics.stream()
        .filter(topic -> Simulation.means(pattern, List.of(topic.name().split("/"))))
        .map(topic -> "in " + topic)
        .toList();
  }

  private static Topic someTopic(SplittableRandom random) {
    return new Topic(someSegments(random, "ab", 1 + random.nextInt(3)));
  }

  private static TopicPattern somePattern(SplittableRandom random) {
    String end = random.nextInt(3) == 0 ? "**" : "";
    int segments = random.nextInt(3) + (end.isEmpty() ? 1 : 0);
    String begin = someSegments(random, "ab*", segments);
    return new TopicPattern(begin + (begin.isEmpty() || end.isEmpty() ? "" : "/") + end);
  }

  private static String someSegments(SplittableRandom random, String alphabet, int count) {
    var segments = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      segments.add(String.valueOf(alphabet.charAt(random.nextInt(alphabet.length()))));
    }
    return String.join("/", segments);
  }
}
