package io.runnel.servlet;

import io.runnel.engine.Retention;
import io.runnel.engine.TopicPattern;
import io.runnel.engine.TopicRules;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How much is kept of which topics, as a context parameter says it: {@code
 * orders/**=100000,64MB,24h; movement/*=1,-,1m}, events, bytes and age, with {@code -} or nothing
 * for a default. The first rule that matches counts.
 */
final class RetentionRules {
  static final String PARAMETER = "runnel.retain";

  private static final Pattern AMOUNT = Pattern.compile("(\\d{1,15})\\s*([a-zA-Z]*)");

  private RetentionRules() {}

  /**
   * Reads them.
   *
   * @param text null if nothing is said
   * @throws IllegalArgumentException if it is not of that form; the message names the rule
   */
  static TopicRules<Retention> parse(@Nullable String text) {
    TopicRules<Retention> rules = TopicRules.always(Retention.DEFAULT);
    if (text == null) return rules;
    for (String rule : text.split(";", -1)) {
      if (rule.isBlank()) continue;
      try {
        int equals = rule.lastIndexOf('=');
        if (equals < 0) throw new IllegalArgumentException("no =");
        rules =
            rules.and(
                new TopicPattern(rule.substring(0, equals).strip()),
                retention(rule.substring(equals + 1)));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            PARAMETER
                + "="
                + rule.strip()
                + " is not pattern=events,bytes,age, such as orders/**=100000,64MB,24h: "
                + e.getMessage(),
            e);
      }
    }
    return rules;
  }

  private static Retention retention(String bounds) {
    String[] all = bounds.split(",", -1);
    if (all.length > 3) throw new IllegalArgumentException("more than three bounds");
    Retention usual = Retention.DEFAULT;
    return new Retention(
        isGiven(all, 0) ? amount(all[0], "") : usual.events(),
        isGiven(all, 1) ? amount(all[1], "b kb mb gb") : usual.bytes(),
        isGiven(all, 2) ? Duration.ofSeconds(amount(all[2], "s m h d")) : usual.age());
  }

  private static boolean isGiven(String[] bounds, int index) {
    return index < bounds.length && !bounds[index].isBlank() && !bounds[index].strip().equals("-");
  }

  /** A number and one of the units, the first of which is meant where there is none. */
  private static long amount(String text, String units) {
    Matcher amount = AMOUNT.matcher(text.strip());
    if (!amount.matches()) throw new IllegalArgumentException("\"" + text.strip() + "\"");
    long number = Long.parseLong(amount.group(1));
    String unit = amount.group(2).toLowerCase(Locale.ROOT);
    if (unit.isEmpty()) return number;
    if (!(" " + units + " ").contains(" " + unit + " ")) {
      throw new IllegalArgumentException("\"" + text.strip() + "\" has no unit of " + units);
    }
    return Math.multiplyExact(
        number,
        switch (unit) {
          case "kb" -> 1L << 10;
          case "mb" -> 1L << 20;
          case "gb" -> 1L << 30;
          case "m" -> 60L;
          case "h" -> 3600L;
          case "d" -> 86_400L;
          default -> 1L;
        });
  }
}
