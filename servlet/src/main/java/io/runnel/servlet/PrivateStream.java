package io.runnel.servlet;

import static java.lang.System.Logger.Level.ERROR;

import io.runnel.engine.Hub;
import io.runnel.engine.HubClosedException;
import io.runnel.engine.TooManyTopicsException;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicCompletedException;
import io.runnel.eventstream.Event;
import java.lang.System.Logger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A stream to one client that the client can resume: a topic of its own, with one subscriber, under
 * a name that nobody can guess. What is sent is published there, so a connection may be cut in the
 * midst of it, and another one goes on from the last event that the client has.
 *
 * <p>It lives until it is closed, or its client has been away for so long that it is given up. Safe
 * for any thread; what one thread sends stays in order.
 */
public final class PrivateStream implements Emitter {
  /** The type of the first event, from which on the client has an id to come back with. */
  public static final String BEGIN = "begin";

  private static final Logger log = System.getLogger(PrivateStream.class.getName());

  private final Hub hub;
  private final String key;
  private final String owner;
  private final Topic topic;
  private final AtomicLong next = new AtomicLong();
  private final AtomicInteger connections = new AtomicInteger();

  // Guarded by itself.
  private final List<Consumer<? super StreamEnd>> listeners = new ArrayList<>(1);

  private volatile @Nullable StreamEnd end;
  private volatile int awaySince;

  PrivateStream(Hub hub, String key, String owner, int now) {
    this.hub = hub;
    this.key = key;
    this.owner = owner;
    topic = new Topic(PrivateStreams.TOPICS + key);
    awaySince = now;
    publish(Event.of(BEGIN, "{}"));
  }

  /** The topic, of which its client is the only subscriber. */
  public Topic topic() {
    return topic;
  }

  String key() {
    return key;
  }

  boolean isOf(String owner) {
    return this.owner.equals(owner);
  }

  // ---------------------------------------------------------------- sending

  @Override
  public void data(String data) {
    send(Event.of(data));
  }

  @Override
  public void event(String name, String data) {
    send(Event.of(name, data));
  }

  /**
   * The events of this stream have ids of its own, by which it is resumed.
   *
   * @throws IllegalStateException always
   */
  @Override
  public void id(String id) {
    throw new IllegalStateException(hidesTheCursor(id));
  }

  /**
   * Publishes the event to the topic; does nothing if the stream is over.
   *
   * @throws IllegalArgumentException if the event has an id, or breaks a rule of {@link
   *     Hub#publish}
   */
  @Override
  public void send(Event event) {
    if (event.id() != null) throw new IllegalArgumentException(hidesTheCursor(event.id()));
    if (end == null) publish(event);
  }

  private static String hidesTheCursor(@Nullable String id) {
    return "event id \"" + id + "\" would hide the cursor of a stream that can be resumed";
  }

  private void publish(Event event) {
    String id = key + '.' + next.getAndIncrement();
    try {
      hub.publish(topic, event.withId(id)).whenComplete((receipt, failure) -> check(failure));
    } catch (HubClosedException | TooManyTopicsException e) {
      check(e);
    }
  }

  /** An answer with a hole in it must not go on as if it had none. */
  private void check(@Nullable Throwable failure) {
    if (failure != null && !(failure instanceof TopicCompletedException)) over(StreamEnd.FAILED);
  }

  /** Does nothing: a comment is no event, and not kept. */
  @Override
  public void comment(String comment) {}

  /** Does nothing: the reconnection time is the hub's. */
  @Override
  public void retry(Duration reconnectionTime) {}

  @Override
  public boolean isOpen() {
    return end == null;
  }

  /**
   * Ends the stream after all that was sent; a client that comes back with all of it is told so.
   */
  @Override
  public void close() {
    over(StreamEnd.CLOSED);
  }

  /**
   * Lets the listener know of the end of the stream, at once if it has ended: {@link
   * StreamEnd#CLOSED}; {@link StreamEnd#LEFT}, when nobody has come back for it, so that nothing
   * more need be made for it; or {@link StreamEnd#FAILED}. It must not block.
   */
  public void onEnd(Consumer<? super StreamEnd> listener) {
    StreamEnd end;
    synchronized (listeners) {
      end = this.end;
      if (end == null) listeners.add(listener);
    }
    if (end != null) listener.accept(end);
  }

  private void over(StreamEnd why) {
    List<Consumer<? super StreamEnd>> told;
    synchronized (listeners) {
      if (end != null) return;
      end = why;
      told = List.copyOf(listeners);
      listeners.clear();
    }
    try {
      hub.complete(topic);
    } catch (HubClosedException | TooManyTopicsException nobodyReads) {
      // There is nothing to end.
    }
    for (Consumer<? super StreamEnd> listener : told) {
      try {
        listener.accept(why);
      } catch (RuntimeException failure) {
        log.log(ERROR, "a listener of the end of a private stream failed", failure);
      }
    }
  }

  // ---------------------------------------------------------------- its client

  /** A connection of its client begins. */
  void attached() {
    connections.incrementAndGet();
  }

  /** A connection of its client has ended. */
  void detached(int now) {
    awaySince = now;
    connections.decrementAndGet();
  }

  /** For how many ticks nobody has been connected to it; -1 if somebody is. */
  int awayFor(int now) {
    return connections.get() > 0 ? -1 : now - awaySince;
  }

  /** Nobody comes back for it. */
  void giveUp() {
    over(StreamEnd.LEFT);
  }
}
