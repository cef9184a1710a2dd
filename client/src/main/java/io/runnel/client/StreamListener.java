package io.runnel.client;

import io.runnel.eventstream.EventStreamTooLongException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Hears what happens to a stream besides its events. The calls for one source come one at a time,
 * in the order of the stream, on a thread of the HTTP client: while one runs, nothing more is read.
 * A listener that throws harms only itself: that is logged, and the stream goes on.
 */
public interface StreamListener {
  /** A listener that hears nothing; a gap is logged all the same. */
  StreamListener NONE = new StreamListener() {};

  /**
   * The connection is open.
   *
   * @param from where the answer came from, after redirects
   * @param headers the answer's headers
   */
  default void opened(URI from, HttpHeaders headers) {}

  /** A comment stood in the stream: what came after its colon. */
  default void comment(String text) {}

  /**
   * The last event ID was set without an event: by a block without data, by what a hub says about
   * the stream, or by a large event that was read to its end. Who stores positions stores it.
   */
  default void positionMoved(String lastEventId) {}

  /**
   * The hub says that events may be missing before the next one. Unless this is overridden it is
   * logged as a warning: a loss that nobody looks at should at least be seen.
   */
  default void gap(Gap gap) {
    EventSource.LOG.log(System.Logger.Level.WARNING, "events may be missing: {0}", gap);
  }

  /** An event was longer than its limit and is left out (with the policy to skip such events). */
  default void skipped(EventStreamTooLongException tooLong) {
    EventSource.LOG.log(System.Logger.Level.WARNING, "an event was left out: {0}", tooLong);
  }

  /**
   * An event longer than its limit has begun, and its data can be read while it comes (with the
   * policy {@link io.runnel.eventstream.ParserLimits.TooLong#STREAM}). May block: the call comes on
   * another thread than the others, but in its place; nothing that follows is told before it
   * returns. What it leaves unread is skipped. It counts as handed out, whatever the demand, when
   * the call has returned and the event was complete.
   *
   * @throws Exception logged, as with every call
   */
  default void largeEvent(LargeEvent event) throws Exception {
    EventSource.LOG.log(System.Logger.Level.WARNING, "nobody reads {0}; it is left out", event);
  }

  /** The connection was lost, or not made; the next attempt follows after the delay. */
  default void interrupted(ConnectionFailedException cause, Duration delay) {}

  /**
   * The source is closed, and nothing is called after this.
   *
   * @param cause why it gave up, or null if it was closed by {@link EventSource#close()} or by the
   *     server's status 204
   */
  default void closed(@Nullable ConnectionFailedException cause) {}
}
