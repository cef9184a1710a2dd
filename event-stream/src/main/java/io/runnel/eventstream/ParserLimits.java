package io.runnel.eventstream;

import static java.util.Objects.requireNonNull;

/**
 * How much of an event stream a parser holds at once, and what it does with more.
 *
 * <p>A parser keeps at most one line and one event in memory, in one buffer of at most {@code
 * maxLineBytes + maxEventBytes} (while it grows, its predecessor beside it), and the strings that
 * it makes of them. The standard sets no limit.
 *
 * @param maxLineBytes the longest line in bytes, field name and colon included, line end not
 * @param maxEventBytes the longest event in bytes: its data (with the line feeds between its lines)
 *     and every value of {@code event} and {@code id} in its block
 * @param policy what happens to what is longer
 */
public record ParserLimits(int maxLineBytes, int maxEventBytes, TooLong policy) {
  /** The largest limit that can be set: a line and an event together still fit in one array. */
  public static final int LARGEST = 1_000_000_000;

  /** Enough of a line to see that it is data, and where its value begins. */
  static final int SHORTEST_STREAMED_LINE = "data: ".length();

  /**
   * Events of 16 MiB, lines of 17 MiB, {@link TooLong#FAIL}.
   *
   * <p>JSON is one line, so a line limit far below the event limit would refuse documents that the
   * event limit allows; a line has a little more so that such an event meets its own limit first.
   */
  public static final ParserLimits DEFAULT = new ParserLimits(17 << 20, 16 << 20, TooLong.FAIL);

  /** What a parser does with a line or an event above its limit. */
  public enum TooLong {
    /** {@code feed} throws {@link EventStreamTooLongException}; the parser reads no further. */
    FAIL,
    /**
     * The block is dropped up to its blank line, {@link EventStreamHandler#tooLong} is told once,
     * and reading goes on. An {@code id} or {@code retry} line of that block that is not itself too
     * long still counts, as in a block without data: a receiver that reconnects is not sent the
     * same block again.
     */
    SKIP,
    /**
     * The data of an event above its limit is handed on in pieces as it comes, however long it is:
     * {@link EventStreamHandler#largeEventBegins}. What is no data and too long is refused as by
     * {@link #FAIL}.
     */
    STREAM
  }

  /**
   * Checks itself.
   *
   * @throws IllegalArgumentException if a limit is not between 1 and {@value #LARGEST}, or lines of
   *     fewer than 6 bytes shall be streamed, which no line of data fits into
   */
  public ParserLimits {
    requireInRange("maxLineBytes", maxLineBytes);
    requireInRange("maxEventBytes", maxEventBytes);
    requireNonNull(policy, "policy");
    if (policy == TooLong.STREAM && maxLineBytes < SHORTEST_STREAMED_LINE) {
      throw new IllegalArgumentException(
          "maxLineBytes is " + maxLineBytes + ", not 6 or more, as STREAM needs");
    }
  }

  private static void requireInRange(String name, int bytes) {
    if (bytes < 1 || bytes > LARGEST) {
      throw new IllegalArgumentException(name + " is " + bytes + ", not 1 to " + LARGEST);
    }
  }
}
