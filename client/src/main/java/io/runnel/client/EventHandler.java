package io.runnel.client;

import io.runnel.eventstream.Event;

/** Is handed the events of a stream, and hears what else happens to it. */
@FunctionalInterface
public interface EventHandler extends StreamListener {
  /**
   * An event of the stream. {@link EventSource#lastEventId()} is already the one of this event.
   *
   * @throws Exception logged; the event counts as handed out
   */
  void event(Event event) throws Exception;
}
