package io.runnel.eventstream;

/** Reads the event stream format, fed with bytes cut anywhere. */
public final class EventStreamParser {
  private EventStreamParser() {}
}
