package io.runnel.engine;

import java.util.List;

/**
 * Which topics are meant: one by its name, or many.
 *
 * <p>The segment {@code *} stands for any one segment, {@code **} (the last segment only) for any
 * number of them, none included: {@code orders/*} is {@code orders/17} but neither {@code orders}
 * nor {@code orders/17/lines}; {@code orders/**} is all three; {@code **} is every topic.
 * Everything else is as in {@link Topic}.
 */
public record TopicPattern(String text) {
  /** The pattern of every topic. */
  public static final TopicPattern ALL = new TopicPattern("**");

  /**
   * Checks the pattern.
   *
   * @throws IllegalArgumentException if it is no pattern; the message says why
   */
  public TopicPattern {
    Topic.checkLength(text);
    List<String> segments = List.of(text.split("/", -1));
    for (int i = 0; i < segments.size(); i++) {
      String segment = segments.get(i);
      if (segment.equals("*")) continue;
      if (!segment.equals("**")) Topic.checkSegment(text, segment);
      else if (i < segments.size() - 1) {
        throw new IllegalArgumentException(
            "topic pattern \""
                + text
                + "\" has ** before its end; it may only be the last segment");
      }
    }
  }

  /** The pattern of one topic. */
  public static TopicPattern of(Topic topic) {
    return new TopicPattern(topic.name());
  }

  /** Whether this names one topic. */
  public boolean isExact() {
    return text.indexOf('*') < 0;
  }

  /** Whether this means the topic: linear in the shorter of the two, no regular expression. */
  public boolean matches(Topic topic) {
    String name = topic.name();
    int p = 0;
    int n = 0;
    while (p <= text.length()) {
      int patternEnd = segmentEnd(text, p);
      if (isSegment(p, patternEnd, "**")) return true;
      if (n > name.length()) return false;
      int nameEnd = segmentEnd(name, n);
      if (!isSegment(p, patternEnd, "*") && !sameSegment(p, patternEnd, name, n, nameEnd)) {
        return false;
      }
      p = patternEnd + 1;
      n = nameEnd + 1;
    }
    return n > name.length();
  }

  @Override
  public String toString() {
    return text;
  }

  private boolean isSegment(int start, int end, String segment) {
    return end - start == segment.length() && text.startsWith(segment, start);
  }

  private boolean sameSegment(int start, int end, String name, int nameStart, int nameEnd) {
    return end - start == nameEnd - nameStart
        && text.regionMatches(start, name, nameStart, end - start);
  }

  private static int segmentEnd(String text, int start) {
    int slash = text.indexOf('/', start);
    return slash < 0 ? text.length() : slash;
  }
}
