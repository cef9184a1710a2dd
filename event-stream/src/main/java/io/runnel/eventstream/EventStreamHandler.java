package io.runnel.eventstream;

import java.time.Duration;

/**
 * Hears what an {@link EventStreamParser} reads, in the order of the stream and on the thread that
 * feeds it.
 *
 * <p>A handler may throw: the parser still reads the rest of what it was fed, tells the handler
 * about it, and throws the exception when it is through (see {@link EventStreamParser}).
 */
@FunctionalInterface
public interface EventStreamHandler {
  /**
   * An event was dispatched. Its {@link Event#id() id} is the last event ID of the stream at that
   * moment, whether this event's own block set it or an earlier one did; empty when none did.
   */
  void event(Event event);

  /**
   * A comment line was read: its text after the colon, without one leading space. A parser whose
   * handler does not override this method keeps no comments in memory.
   */
  default void comment(String comment) {}

  /**
   * The stream set its reconnection time. A number of milliseconds above {@link Long#MAX_VALUE} is
   * that value: the sender asked for "never", not for an error.
   */
  default void reconnectionTime(Duration time) {}

  /**
   * A block set the last event ID string, perhaps to the value it had; called before the block's
   * {@link #event}, and for a block without data as well.
   */
  default void lastEventId(String id) {}

  /**
   * A block was longer than a limit and is skipped: none of its data arrives ({@link
   * ParserLimits.TooLong#SKIP}).
   */
  default void tooLong(EventStreamTooLongException skipped) {}

  /**
   * An event longer than its limit has begun ({@link ParserLimits.TooLong#STREAM}); its data
   * follows in pieces, then {@link #largeEventEnds}. If the stream ends or begins anew before that,
   * the event was cut off, and by the standard there was none.
   *
   * @param type the event type, as far as the block has told it
   * @param lastEventId the last event ID, as far as the block has told it
   */
  default void largeEventBegins(String type, String lastEventId) {}

  /**
   * The next piece of a large event's data: never empty, and no longer than what was fed at once or
   * the limit of an event. All pieces joined are the data.
   */
  default void largeEventData(String piece) {}

  /**
   * The large event is complete.
   *
   * @param event its type and id, which lines behind the data may have set; its data is empty
   */
  default void largeEventEnds(Event event) {}
}
