package io.runnel.hub;

import io.runnel.engine.SlowConsumerPolicy;
import io.runnel.engine.TopicPattern;
import java.util.Locale;

/**
 * What becomes of slow consumers of the topics that a pattern means, as in {@code
 * movement/**=latest}.
 *
 * @param topics the topics
 * @param policy what becomes of a consumer that falls behind
 */
public record SlowConsumerRule(TopicPattern topics, SlowConsumerPolicy policy) {
  static final ValueType<SlowConsumerRule> TYPE =
      new ValueType<>(
          "pattern=policy",
          "pattern=policy, the policy one of disconnect, skip, latest, such as movement/**=latest",
          SlowConsumerRule::parse,
          SlowConsumerRule::toString);

  static SlowConsumerRule parse(String text) {
    int equals = text.lastIndexOf('=');
    if (equals < 0) throw new IllegalArgumentException("no =");
    var topics = new TopicPattern(text.substring(0, equals).strip());
    String policy = text.substring(equals + 1).strip();
    for (SlowConsumerPolicy known : SlowConsumerPolicy.values()) {
      if (nameOf(known).equals(policy)) return new SlowConsumerRule(topics, known);
    }
    throw new IllegalArgumentException("unknown policy \"" + policy + "\"");
  }

  @Override
  public String toString() {
    return topics + "=" + nameOf(policy);
  }

  private static String nameOf(SlowConsumerPolicy policy) {
    return policy.name().toLowerCase(Locale.ROOT);
  }
}
