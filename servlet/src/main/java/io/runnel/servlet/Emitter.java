package io.runnel.servlet;

import io.runnel.eventstream.Event;
import java.io.IOException;
import java.time.Duration;

/**
 * The sending end of the event stream of one client.
 *
 * <p>Any thread may call it, and several may at once: what one call sends is never mixed with what
 * another sends. What the client has not taken yet is kept, up to {@link
 * EventStreamsSettings#maxPendingBytes()}. Beyond that an {@link EventSource} waits, on the thread
 * of its {@code onOpen} or {@code onResume}, as long as the client takes anything at all; on any
 * other thread no method waits, and the client is disconnected, to come back with the last id that
 * it has. No method throws because the client has left: then it does nothing. {@code IOException}
 * is declared because code written for Jetty's emitter catches it.
 */
public interface Emitter {
  /**
   * Sends an event of type {@code message}, under the id that the same thread gave before.
   *
   * @param data any text; each line becomes a {@code data:} line
   */
  void data(String data) throws IOException;

  /**
   * Sends an event of the type, under the id that the same thread gave before.
   *
   * @param name the event type; an empty one is {@code message}
   * @throws IllegalArgumentException if the type has CR, LF or NUL
   */
  void event(String name, String data) throws IOException;

  /**
   * Gives an id to the next event that this thread sends here: the client sends it back when it
   * returns, see {@link EventSource#onResume}. Another thread's events are not concerned, so an id
   * cannot get in front of the wrong event.
   *
   * @param id the last event ID; an empty one makes the client forget the one it has
   * @throws IllegalArgumentException if the id has a control character or a space at an end, which
   *     no client could send back ({@link Event#fitsIntoHeader})
   */
  void id(String id) throws IOException;

  /**
   * Sends an event whole: type, data and id. What {@link #id} said is left for the next event.
   *
   * @throws IllegalArgumentException for its id as {@link #id} does
   */
  void send(Event event) throws IOException;

  /** Sends a comment, which clients ignore; each line becomes a comment line. */
  void comment(String comment) throws IOException;

  /**
   * Tells the client how long to wait before it reconnects.
   *
   * @throws IllegalArgumentException if the time is negative
   */
  void retry(Duration reconnectionTime) throws IOException;

  /**
   * Tells the client how many milliseconds to wait before it reconnects.
   *
   * @throws IllegalArgumentException if the time is negative
   */
  default void retry(long milliseconds) throws IOException {
    retry(Duration.ofMillis(milliseconds));
  }

  /** Whether it has not been closed, and the client is not known to have left. */
  boolean isOpen();

  /**
   * Ends the stream after all that was sent. The client will reconnect, unless it is told not to.
   */
  void close();
}
