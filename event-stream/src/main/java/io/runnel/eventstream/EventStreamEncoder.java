package io.runnel.eventstream;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

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
  /** About the room that field names and line feeds take in a block. */
  private static final int FIELD_NAMES = 32;

  private static final Duration LONGEST = Duration.ofMillis(Long.MAX_VALUE);

  private EventStreamEncoder() {}

  /** The block of an event, with its closing blank line. */
  public static byte[] encode(Event event) {
    return encode(event, event.id());
  }

  /**
   * The block of an event, with its closing blank line, but without its {@code id:} line: for a
   * sender that gives events their ids later and writes {@link #encodeId} in front.
   */
  public static byte[] encodeWithoutId(Event event) {
    return encode(event, null);
  }

  private static byte[] encode(Event event, @Nullable String id) {
    int idLength = id == null ? 0 : id.length();
    var block =
        new StringBuilder(idLength + event.type().length() + event.data().length() + FIELD_NAMES);
    if (id != null) block.append("id: ").append(id).append('\n');
    if (!event.type().equals(Event.MESSAGE)) {
      block.append("event: ").append(event.type()).append('\n');
    }
    appendLines(block, "data: ", event.data());
    return block.append('\n').toString().getBytes(UTF_8);
  }

  /**
   * The line {@code id: <id>}.
   *
   * @throws IllegalArgumentException if the id has CR, LF or NUL
   */
  public static byte[] encodeId(String id) {
    return ("id: " + Event.checkId(id) + '\n').getBytes(UTF_8);
  }

  /**
   * A comment, one line of it for each line of the text, with a closing blank line; receivers
   * ignore it.
   */
  public static byte[] encodeComment(String text) {
    var block = new StringBuilder(text.length() + FIELD_NAMES);
    appendLines(block, ": ", Event.normalised(text));
    return block.append('\n').toString().getBytes(UTF_8);
  }

  /**
   * The line {@code retry: <milliseconds>}, which sets a receiver's reconnection time; a time
   * beyond {@link Long#MAX_VALUE} milliseconds is that.
   *
   * @throws IllegalArgumentException if the time is negative
   */
  public static byte[] encodeRetry(Duration reconnectionTime) {
    if (reconnectionTime.isNegative()) {
      throw new IllegalArgumentException("negative reconnection time: " + reconnectionTime);
    }
    boolean overflows = reconnectionTime.compareTo(LONGEST) > 0;
    long millis = overflows ? Long.MAX_VALUE : reconnectionTime.toMillis();
    return ("retry: " + millis + "\n").getBytes(UTF_8);
  }

  private static void appendLines(StringBuilder block, String field, String text) {
    int start = 0;
    for (int end; (end = text.indexOf('\n', start)) >= 0; start = end + 1) {
      block.append(field).append(text, start, end).append('\n');
    }
    block.append(field).append(text, start, text.length()).append('\n');
  }
}
