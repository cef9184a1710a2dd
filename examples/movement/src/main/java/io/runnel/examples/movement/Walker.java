package io.runnel.examples.movement;

import io.runnel.engine.Hub;
import io.runnel.engine.HubClosedException;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Walks a walk: publishes its position to a topic, and one step more each period. The event's id is
 * its data, the position: who knows it can go on from there.
 *
 * <p>Any thread may call it.
 */
final class Walker implements AutoCloseable {
  private final Hub hub;
  private final ScheduledExecutorService scheduler;
  private final Topic topic;

  // Guarded by this. Steps are taken one at a time, because each schedules the next; the turn
  // tells a step that was scheduled anew from the one that it replaces.
  private final RandomWalk walk;
  private Period period;
  private int turn;
  private @Nullable Future<?> next;
  private boolean closed;

  Walker(Hub hub, ScheduledExecutorService scheduler, Topic topic, RandomWalk walk, Period period) {
    this.hub = hub;
    this.scheduler = scheduler;
    this.topic = topic;
    this.walk = walk;
    this.period = period;
  }

  /** Publishes where the walk stands, and goes on from there. */
  synchronized void start() {
    publish(walk.position());
    scheduleNext();
  }

  synchronized Period period() {
    return period;
  }

  /** Changes the period as of now: the next step is one period away. */
  synchronized void period(Period period) {
    this.period = period;
    if (next != null) scheduleNext();
  }

  /** Ends the walk: nothing is published any more when this returns. */
  @Override
  public synchronized void close() {
    closed = true;
    if (next != null) next.cancel(false);
  }

  private synchronized void step(int turn) {
    if (closed || turn != this.turn) return;
    publish(walk.step());
    scheduleNext();
  }

  /** To be called with the lock held. */
  private void scheduleNext() {
    if (closed) return;
    if (next != null) next.cancel(false);
    int scheduled = ++turn;
    next = scheduler.schedule(() -> step(scheduled), period.millis(), TimeUnit.MILLISECONDS);
  }

  /**
   * To be called with the lock held, so that the steps of a walk are in order: the hub neither
   * waits nor calls back. A position that is not kept is not missed, there is a newer one soon.
   */
  private void publish(Position position) {
    String text = position.toString();
    try {
      hub.publish(topic, Event.of(text).withId(text));
    } catch (HubClosedException e) {
      close();
    }
  }
}
