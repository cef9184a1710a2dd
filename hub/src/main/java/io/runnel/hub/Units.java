package io.runnel.hub;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How durations and sizes are written: a whole number and a unit, as in {@code 15s} or {@code
 * 64MB}. {@code kB, MB, GB} are powers of 1000, {@code KiB, MiB, GiB} powers of 1024; a size
 * without a unit is in bytes.
 */
final class Units {
  private static final Pattern NUMBER_AND_UNIT = Pattern.compile("([0-9]{1,15})\\s*([A-Za-z]*)");

  private static final Map<String, Long> MILLIS = new LinkedHashMap<>();
  private static final Map<String, Long> BYTES = new LinkedHashMap<>();

  static {
    MILLIS.put("d", 86_400_000L);
    MILLIS.put("h", 3_600_000L);
    MILLIS.put("m", 60_000L);
    MILLIS.put("s", 1000L);
    MILLIS.put("ms", 1L);
    BYTES.put("GiB", 1L << 30);
    BYTES.put("MiB", 1L << 20);
    BYTES.put("KiB", 1L << 10);
    BYTES.put("GB", 1_000_000_000L);
    BYTES.put("MB", 1_000_000L);
    BYTES.put("kB", 1000L);
    BYTES.put("B", 1L);
  }

  private Units() {}

  /**
   * Reads a duration.
   *
   * @throws IllegalArgumentException if it is none
   */
  static Duration parseDuration(String text) {
    Matcher matcher = match(text);
    Long millis = MILLIS.get(matcher.group(2));
    if (millis == null)
      throw new IllegalArgumentException(unitMissing(matcher, "ms, s, m, h or d"));
    return Duration.ofMillis(times(matcher, millis));
  }

  /**
   * Reads a number of bytes. Case does not matter but in the letter that would be a bit.
   *
   * @throws IllegalArgumentException if it is none
   */
  static long parseSize(String text) {
    Matcher matcher = match(text);
    String unit = matcher.group(2);
    if (unit.isEmpty()) unit = "B";
    for (Map.Entry<String, Long> known : BYTES.entrySet()) {
      if (known.getKey().toLowerCase(Locale.ROOT).equals(unit.toLowerCase(Locale.ROOT))) {
        return times(matcher, known.getValue());
      }
    }
    throw new IllegalArgumentException("unknown unit " + unit);
  }

  static String formatDuration(Duration duration) {
    long millis = duration.toMillis();
    if (millis == 0) return "0s";
    return format(millis, MILLIS);
  }

  static String formatSize(long bytes) {
    if (bytes == 0) return "0";
    String text = format(bytes, BYTES);
    return text.matches("[0-9]+B") ? text.substring(0, text.length() - 1) : text;
  }

  /** With the largest unit of which it is a multiple: 2GB is also 1953125KiB. */
  private static String format(long value, Map<String, Long> units) {
    long best = 1;
    String bestUnit = "";
    for (Map.Entry<String, Long> unit : units.entrySet()) {
      boolean isWhole = value % unit.getValue() == 0;
      if (isWhole && (bestUnit.isEmpty() || unit.getValue() > best)) {
        best = unit.getValue();
        bestUnit = unit.getKey();
      }
    }
    return value / best + bestUnit;
  }

  private static Matcher match(String text) {
    Matcher matcher = NUMBER_AND_UNIT.matcher(text);
    if (!matcher.matches()) throw new IllegalArgumentException();
    return matcher;
  }

  private static String unitMissing(Matcher matcher, String units) {
    String unit = matcher.group(2);
    return (unit.isEmpty() ? "no unit" : "unknown unit " + unit) + ", not " + units;
  }

  private static long times(Matcher matcher, long unit) {
    try {
      return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("too large", e);
    }
  }
}
