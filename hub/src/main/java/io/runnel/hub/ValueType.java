package io.runnel.hub;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * How the values of a key are written.
 *
 * @param label what stands for the value in help, such as {@code duration}
 * @param rule what a value must be, to follow "must be"
 * @param parser reads one; throws {@link IllegalArgumentException}, its message a detail or empty
 * @param formatter writes one so that the parser reads the same
 * @param divider what divides several values in one text, or empty where there is only one
 */
record ValueType<T>(
    String label,
    String rule,
    Function<String, T> parser,
    Function<T, String> formatter,
    String divider) {

  ValueType(String label, String rule, Function<String, T> parser, Function<T, String> formatter) {
    this(label, rule, parser, formatter, "");
  }

  /**
   * Reads a value.
   *
   * @throws IllegalArgumentException if it breaks the rule; the message begins with "must be"
   */
  T parse(String text) {
    try {
      return parser.apply(text.strip());
    } catch (IllegalArgumentException e) {
      String detail = e.getMessage();
      boolean hasDetail = detail != null && !detail.isEmpty();
      throw new IllegalArgumentException("must be " + rule + (hasDetail ? ": " + detail : ""));
    }
  }

  String format(T value) {
    return formatter.apply(value);
  }

  boolean isRepeatable() {
    return !divider.isEmpty();
  }

  /** One text for each value that stands in this one. */
  List<String> split(String text) {
    if (!isRepeatable()) return List.of(text);
    var parts = new ArrayList<String>();
    for (String part : text.split("[" + divider + "]", -1)) {
      if (!part.isBlank()) parts.add(part.strip());
    }
    return parts;
  }

  /** Texts that are not blank. */
  static ValueType<String> text(String label, String rule) {
    return matching(label, rule, Pattern.compile("\\S+"));
  }

  /** Texts of which all matches the pattern. */
  static ValueType<String> matching(String label, String rule, Pattern pattern) {
    return new ValueType<>(
        label,
        rule,
        text -> {
          if (!pattern.matcher(text).matches()) throw new IllegalArgumentException();
          return text;
        },
        text -> text);
  }

  /** Whole numbers within bounds, which count themselves in. */
  static ValueType<Integer> integer(int min, int max) {
    return new ValueType<>(
        "number",
        "a whole number from " + min + " to " + max,
        text -> (int) inRange(parseLong(text), min, max),
        value -> Integer.toString(value));
  }

  /** Numbers of bytes within bounds, which count themselves in. */
  static ValueType<Long> size(long min, long max) {
    return new ValueType<>(
        "size",
        "a size from "
            + Units.formatSize(min)
            + " to "
            + Units.formatSize(max)
            + ", such as 64MB, 64MiB or a number of bytes",
        text -> inRange(Units.parseSize(text), min, max),
        Units::formatSize);
  }

  /** Durations within bounds, which count themselves in. */
  static ValueType<Duration> duration(Duration min, Duration max) {
    return durations(min, max, false);
  }

  /** Durations of whole seconds within bounds: what is counted in ticks of a second. */
  static ValueType<Duration> seconds(Duration min, Duration max) {
    return durations(min, max, true);
  }

  private static ValueType<Duration> durations(Duration min, Duration max, boolean wholeSeconds) {
    return new ValueType<>(
        "duration",
        "a duration from "
            + Units.formatDuration(min)
            + " to "
            + Units.formatDuration(max)
            + (wholeSeconds ? " in whole seconds, such as 15s or 5m" : ", such as 500ms or 15s"),
        text -> {
          Duration value = Units.parseDuration(text);
          inRange(value.toMillis(), min.toMillis(), max.toMillis());
          if (wholeSeconds) inRange(value.toMillisPart(), 0, 0);
          return value;
        },
        Units::formatDuration);
  }

  /** True or false. */
  static ValueType<Boolean> bool() {
    return new ValueType<>(
        "true|false",
        "true or false",
        text -> {
          if (!text.equals("true") && !text.equals("false")) throw new IllegalArgumentException();
          return text.equals("true");
        },
        value -> Boolean.toString(value));
  }

  /** Paths in the file system; the empty one stands for none. */
  static ValueType<Path> path(String label) {
    return new ValueType<>(
        label,
        "a path",
        text -> {
          try {
            return Path.of(text);
          } catch (InvalidPathException e) {
            throw new IllegalArgumentException(e.getReason());
          }
        },
        Path::toString);
  }

  /** Several of them, divided by one of these characters where they stand in one text. */
  ValueType<List<T>> several(String divider) {
    return new ValueType<>(
        label,
        rule,
        text -> List.of(parser.apply(text)),
        values -> String.join(divider.charAt(0) + " ", values.stream().map(formatter).toList()),
        divider);
  }

  static long parseLong(String text) {
    if (!text.matches("-?[0-9]{1,18}")) throw new IllegalArgumentException();
    return Long.parseLong(text);
  }

  static long inRange(long value, long min, long max) {
    if (value < min || value > max) throw new IllegalArgumentException();
    return value;
  }
}
