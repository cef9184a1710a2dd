package io.runnel.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;

/**
 * The name under which events are published, such as {@code orders} or {@code user/42}.
 *
 * <p>A name is one or more segments divided by {@code /}. A segment is any text but: empty, {@code
 * .} or {@code ..}, and it has no white space, no control character, no lone surrogate and none of
 * {@code * ? # \ %}, which mean something else in patterns and in URLs. At most {@value #MAX_BYTES}
 * bytes in UTF-8.
 */
public record Topic(String name) {
  /** The longest name, in bytes of UTF-8. */
  public static final int MAX_BYTES = 256;

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException if the name breaks a rule; the message says which
   */
  public Topic {
    if (!isPlain(name)) check(name);
  }

  /** Segments of letters and digits, - and _: nearly every name, and nothing to object to. */
  private static boolean isPlain(String name) {
    int segment = 0;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '/' && i > segment) segment = i + 1;
      else if (c >= 0x80 || !(Character.isLetterOrDigit(c) || c == '-' || c == '_')) return false;
    }
    return name.length() > segment && name.length() <= MAX_BYTES;
  }

  private static void check(String name) {
    checkLength(name);
    for (String segment : name.split("/", -1)) checkSegment(name, segment);
  }

  /** Written out, as is equals: what the compiler makes of a record is linked at each start. */
  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Topic topic && name.equals(topic.name);
  }

  @Override
  public String toString() {
    return name;
  }

  static void checkLength(String name) {
    if (name.isEmpty()) throw new IllegalArgumentException("empty topic name");
    if (name.length() > MAX_BYTES || name.getBytes(UTF_8).length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "topic name of " + name.length() + " characters is over the limit of 256 bytes");
    }
  }

  static void checkSegment(String name, String segment) {
    if (segment.isEmpty()) throw refused(name, "an empty segment");
    if (segment.equals(".") || segment.equals("..")) throw refused(name, "the segment " + segment);
    segment.codePoints().forEach(c -> checkCodePoint(name, c));
  }

  private static void checkCodePoint(String name, int c) {
    if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
      throw refused(name, String.format("the control character U+%04X", c));
    }
    if (Character.isWhitespace(c) || Character.isSpaceChar(c)) throw refused(name, "white space");
    if (Character.getType(c) == Character.SURROGATE) throw refused(name, "a lone surrogate");
    if ("*?#\\%".indexOf(c) >= 0) throw refused(name, "the character " + (char) c);
  }

  private static IllegalArgumentException refused(String name, String what) {
    return new IllegalArgumentException("topic name \"" + printable(name) + "\" has " + what);
  }

  private static String printable(String name) {
    return name.replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Cs}]", "\uFFFD");
  }
}
