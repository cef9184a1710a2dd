package io.runnel.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * What applies to which topic: rules in the order in which they were given, of which the first that
 * matches counts, and a default for the rest. Immutable.
 *
 * @param <T> what a rule gives
 */
public final class TopicRules<T> {
  private record Rule<T>(TopicPattern pattern, T value) {}

  private final List<Rule<T>> rules;
  private final T otherwise;

  private TopicRules(List<Rule<T>> rules, T otherwise) {
    this.rules = List.copyOf(rules);
    this.otherwise = otherwise;
  }

  /** Rules that give the same for every topic. */
  public static <T> TopicRules<T> always(T value) {
    return new TopicRules<>(List.of(), value);
  }

  /** These rules and, after them, one more. */
  public TopicRules<T> and(TopicPattern pattern, T value) {
    var more = new ArrayList<>(rules);
    more.add(new Rule<>(pattern, value));
    return new TopicRules<>(more, otherwise);
  }

  /** What applies to the topic. */
  public T of(Topic topic) {
    for (Rule<T> rule : rules) {
      if (rule.pattern.matches(topic)) return rule.value;
    }
    return otherwise;
  }
}
