package io.runnel.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamEncoder;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The blocks that the hub itself puts into a stream. Types that start with {@code runnel.} are its
 * own.
 */
final class ControlEvents {
  /** What the types of control events start with; nobody else may publish such a type. */
  static final String RESERVED = "runnel.";

  static final byte[] HEARTBEAT_COMMENT = ":\n\n".getBytes(UTF_8);
  static final byte[] HEARTBEAT_EVENT =
      EventStreamEncoder.encode(Event.of("runnel.heartbeat", "{}"));

  private ControlEvents() {}

  /**
   * The opening. It has data because Firefox and WebKit do not remember the id of a block without
   * data, and a type of its own so that {@code onmessage} does not hear it.
   */
  static byte[] open(Opening opening, Duration heartbeat) {
    String data =
        "{\"recovered\":" + opening.recovered() + ",\"heartbeat\":" + heartbeat.toMillis() + "}";
    return EventStreamEncoder.encode(new Event("runnel.open", data, opening.cursor()));
  }

  /** A gap: something between the cursor and the next event may be missing. */
  static byte[] gap(GapReason reason, @Nullable String first, long missed) {
    String data =
        "{\"reason\":\""
            + reason.text
            + "\",\"first\":"
            + (first == null ? "null" : '"' + first + '"')
            + ",\"missed\":"
            + (missed < 0 ? "null" : missed)
            + "}";
    return EventStreamEncoder.encode(Event.of("runnel.gap", data));
  }

  /** Why something may be missing. */
  enum GapReason {
    /** The events after the cursor are no longer kept. */
    TRIMMED("trimmed"),
    /** The cursor names a position of another incarnation of the history. */
    EPOCH("epoch"),
    /** The cursor names nothing that is kept. */
    UNKNOWN("unknown"),
    /** The cursor names several events, of which some may no longer be kept. */
    AMBIGUOUS("ambiguous"),
    /** The cursor is nothing that an id could be. */
    MALFORMED("malformed"),
    /** The subscriber was too slow. */
    SLOW("slow");

    private final String text;

    GapReason(String text) {
      this.text = text;
    }
  }
}
