package io.runnel.eventstream;

import java.io.IOException;

/** A line or an event of an event stream is longer than its reader accepts. */
public final class EventStreamTooLongException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What a limit bounds. */
  public enum Part {
    /** One line, comments and unknown fields included. */
    LINE,
    /** The values of one block: its data, event type and id. */
    EVENT
  }

  private final Part part;
  private final int limit;

  EventStreamTooLongException(Part part, int limit) {
    super(
        (part == Part.LINE ? "a line" : "an event")
            + " of the event stream is longer than "
            + limit
            + " bytes");
    this.part = part;
    this.limit = limit;
  }

  /** What was too long. */
  public Part part() {
    return part;
  }

  /** The limit that it passed, in bytes. */
  public int limit() {
    return limit;
  }
}
