package io.runnel.hub;

import io.runnel.engine.Retention;
import io.runnel.engine.TopicPattern;
import java.time.Duration;

/**
 * How much is kept of the topics that a pattern means, as in {@code orders/**=100000,64MB,24h}.
 *
 * @param topics the topics
 * @param retention how much is kept of each of them
 */
public record RetainRule(TopicPattern topics, Retention retention) {
  static final ValueType<RetainRule> TYPE =
      new ValueType<>(
          "pattern=events,bytes,age",
          "pattern=events,bytes,age, such as orders/**=100000,64MB,24h, with - for a default",
          RetainRule::parse,
          RetainRule::toString);

  /**
   * Reads a rule. A bound that is {@code -}, or left out at the end, is as {@link
   * Retention#DEFAULT} says.
   */
  static RetainRule parse(String text) {
    int equals = text.lastIndexOf('=');
    if (equals < 0) throw new IllegalArgumentException("no =");
    var topics = new TopicPattern(text.substring(0, equals).strip());
    String[] bounds = text.substring(equals + 1).split(",", -1);
    if (bounds.length > 3) throw new IllegalArgumentException("more than three bounds");
    long events = Retention.DEFAULT.events();
    long bytes = Retention.DEFAULT.bytes();
    Duration age = Retention.DEFAULT.age();
    if (isGiven(bounds, 0)) events = number(bounds[0].strip());
    if (isGiven(bounds, 1)) bytes = Units.parseSize(bounds[1].strip());
    if (isGiven(bounds, 2)) age = Units.parseDuration(bounds[2].strip());
    return new RetainRule(topics, new Retention(events, bytes, age));
  }

  @Override
  public String toString() {
    return topics
        + "="
        + retention.events()
        + ","
        + Units.formatSize(retention.bytes())
        + ","
        + Units.formatDuration(retention.age());
  }

  private static boolean isGiven(String[] bounds, int index) {
    return index < bounds.length && !bounds[index].strip().equals("-");
  }

  private static long number(String text) {
    try {
      return ValueType.parseLong(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("\"" + text + "\" is no number of events", e);
    }
  }
}
