package io.runnel.examples.transports;

import io.runnel.engine.Hub;
import io.runnel.engine.HubClosedException;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Publishes a beat each period, with its number and the time: {@code
 * {"n":17,"t":1766309876543.217}}. It beats only as long as somebody {@link #look looks}.
 *
 * <p>Any thread may call it.
 */
final class Pulse implements AutoCloseable {
  /** How long it beats on after somebody has looked. */
  static final int AWAKE_MILLIS = 15_000;

  static final int SHORTEST = 20;
  static final int LONGEST = 10_000;
  static final int DEFAULT = 1_000;

  private final Hub hub;
  private final ScheduledExecutorService scheduler;
  private final InstantSource clock;
  private final Topic topic;

  // Guarded by this.
  private int period = DEFAULT;
  private long beats;
  private long lookedAt = Long.MIN_VALUE;
  private @Nullable Future<?> next;
  private boolean closed;

  Pulse(Hub hub, ScheduledExecutorService scheduler, InstantSource clock, Topic topic) {
    this.hub = hub;
    this.scheduler = scheduler;
    this.clock = clock;
    this.topic = topic;
  }

  /** Somebody looks: it beats for a while. */
  synchronized void look() {
    lookedAt = clock.millis();
    if (next == null) schedule();
  }

  synchronized int period() {
    return period;
  }

  /**
   * Changes the period as of now.
   *
   * @throws IllegalArgumentException if the text is no period; the message may be shown
   */
  synchronized void period(@Nullable String text) {
    period = parse(text);
    if (next == null) return;
    next.cancel(false);
    schedule();
  }

  private static int parse(@Nullable String text) {
    if (text != null && text.matches("[0-9]{1,6}")) {
      int millis = Integer.parseInt(text);
      if (millis >= SHORTEST && millis <= LONGEST) return millis;
    }
    String shown =
        text == null ? "missing" : '"' + text.substring(0, Math.min(text.length(), 40)) + '"';
    throw new IllegalArgumentException(
        "period is "
            + shown
            + "; a whole number of milliseconds from "
            + SHORTEST
            + " to "
            + LONGEST
            + " is allowed");
  }

  /** The time in milliseconds since 1970, as finely as the clock tells it. */
  static String time(InstantSource clock) {
    long micros = ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
    return String.format(Locale.ROOT, "%d.%03d", micros / 1000, micros % 1000);
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (next != null) next.cancel(false);
  }

  private synchronized void beat() {
    next = null;
    if (closed || clock.millis() - lookedAt > AWAKE_MILLIS) return;
    try {
      hub.publish(topic, Event.of("{\"n\":" + ++beats + ",\"t\":" + time(clock) + "}"));
      schedule();
    } catch (HubClosedException e) {
      close();
    }
  }

  /** To be called with the lock held. */
  private void schedule() {
    if (!closed) next = scheduler.schedule(this::beat, period, TimeUnit.MILLISECONDS);
  }
}
