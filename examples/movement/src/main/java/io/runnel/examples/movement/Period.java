package io.runnel.examples.movement;

import org.jspecify.annotations.Nullable;

/**
 * The time from one step of a walk to the next.
 *
 * @param millis {@value #SHORTEST} to {@value #LONGEST} milliseconds
 */
record Period(int millis) {
  static final int SHORTEST = 20;
  static final int LONGEST = 60_000;
  static final Period DEFAULT = new Period(2_000);

  Period {
    if (millis < SHORTEST || millis > LONGEST) throw refusal(Integer.toString(millis));
  }

  /**
   * The period that {@code text} spells in milliseconds.
   *
   * @throws IllegalArgumentException if it is no whole number or out of range; the message names
   *     the value and the rule and may be shown to the sender
   */
  static Period parse(@Nullable String text) {
    if (text == null) throw new IllegalArgumentException("period is missing; " + rule());
    try {
      return new Period(Integer.parseInt(text));
    } catch (NumberFormatException e) {
      throw refusal(text.length() <= 40 ? text : text.substring(0, 40) + "…");
    }
  }

  private static IllegalArgumentException refusal(String value) {
    return new IllegalArgumentException("period is \"" + value + "\"; " + rule());
  }

  private static String rule() {
    return "a whole number of milliseconds from " + SHORTEST + " to " + LONGEST + " is allowed";
  }

  @Override
  public String toString() {
    return Integer.toString(millis);
  }
}
