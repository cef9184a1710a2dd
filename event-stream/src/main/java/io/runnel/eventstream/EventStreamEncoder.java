package io.runnel.eventstream;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.Arrays;

/**
 * Writes the event stream format as UTF-8 bytes, a whole block each: no state, safe for any thread.
 *
 * <p>Every field is written as {@code name: value}; the space is always there, so that a value that
 * begins with a space keeps it.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">WHATWG HTML, 9.2.5
 *     Parsing an event stream</a>
 */
public final class EventStreamEncoder {
  private EventStreamEncoder() {}

  /** The block of an event, with its closing blank line. */
  public static byte[] encode(Event event) {
    String id = event.id();
    if (id == null) return encodeWithoutId(event);
    return concat(encodeId(id), encodeWithoutId(event));
  }

  /**
   * The block of an event, with its closing blank line, but without its {@code id:} line: for a
   * sender that gives events their ids later and writes {@link #encodeId} in front.
   */
  public static byte[] encodeWithoutId(Event event) {
    String data = event.data();
    var block = new StringBuilder(data.length() + event.type().length() + 32);
    if (!event.type().equals(Event.MESSAGE)) {
      block.append("event: ").append(event.type()).append('\n');
    }
    appendLines(block, "data: ", data);
    return block.append('\n').toString().getBytes(UTF_8);
  }

  /**
   * The line {@code id: <id>}.
   *
   * @throws IllegalArgumentException if the id has CR, LF or NUL
   */
  public static byte[] encodeId(String id) {
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      if (c == '\r' || c == '\n' || c == 0) {
        throw new IllegalArgumentException("event id has CR, LF or NUL at index " + i);
      }
    }
    return ("id: " + id + '\n').getBytes(UTF_8);
  }

  /** A comment, one line of it for each line of the text; receivers ignore it. */
  public static byte[] encodeComment(String text) {
    var block = new StringBuilder(text.length() + 8);
    appendLines(block, ": ", text.replace("\r\n", "\n").replace('\r', '\n'));
    return block.append('\n').toString().getBytes(UTF_8);
  }

  /**
   * The line {@code retry: <milliseconds>}, which sets a receiver's reconnection time.
   *
   * @throws IllegalArgumentException if the time is negative
   */
  public static byte[] encodeRetry(Duration reconnectionTime) {
    if (reconnectionTime.isNegative()) {
      throw new IllegalArgumentException("negative reconnection time: " + reconnectionTime);
    }
    return ("retry: " + reconnectionTime.toMillis() + "\n").getBytes(UTF_8);
  }

  private static void appendLines(StringBuilder block, String field, String text) {
    int start = 0;
    for (int end; (end = text.indexOf('\n', start)) >= 0; start = end + 1) {
      block.append(field).append(text, start, end).append('\n');
    }
    block.append(field).append(text, start, text.length()).append('\n');
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
