package io.runnel.client;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamTooLongException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The events of an {@link EventSource}, pulled by the thread that wants them.
 *
 * <p>Waiting blocks the thread, platform or virtual, and can be interrupted. At most {@value
 * #AHEAD} events are read ahead; then the socket is left alone until they are taken. The end of the
 * stream (closed here, or by the server's status 204) ends the iteration; a failure that the source
 * gave up at is thrown, as {@link ConnectionFailedException} or wrapped in {@link
 * UncheckedIOException}.
 *
 * <p>{@link #close()} and {@link #lastEventId()} are for any thread, the rest for one at a time.
 */
public final class EventReader implements Iterable<Event>, AutoCloseable {
  private static final int AHEAD = 64;

  private final ReconnectingStream stream;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by the lock.
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private boolean isClosed;
  private @Nullable ConnectionFailedException cause;
  private String takenId;

  // The reading thread.
  private int takenSinceRequest;

  private record Waiting(Event event, String lastEventId) {}

  EventReader(EventSource.Builder builder, StreamListener listener) {
    this.stream = builder.stream(new Queueing(listener), AHEAD);
    this.takenId = stream.lastEventId();
    stream.start();
  }

  /**
   * The next event; waits for it.
   *
   * @return the event, or null at the end of the stream
   * @throws ConnectionFailedException if the source gave up
   */
  public @Nullable Event take() throws InterruptedException, ConnectionFailedException {
    lock.lockInterruptibly();
    try {
      while (waiting.isEmpty() && !isClosed) changed.await();
    } finally {
      lock.unlock();
    }
    return poll();
  }

  /**
   * The next event; waits for it no longer than the timeout.
   *
   * @return the event, or null at the timeout, and at the end of the stream
   * @throws ConnectionFailedException if the source gave up
   */
  public @Nullable Event poll(Duration timeout)
      throws InterruptedException, ConnectionFailedException {
    long nanos = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      while (waiting.isEmpty() && !isClosed && nanos > 0) nanos = changed.awaitNanos(nanos);
    } finally {
      lock.unlock();
    }
    return poll();
  }

  /** Takes what waits; null if nothing does. */
  private @Nullable Event poll() throws ConnectionFailedException {
    Waiting taken;
    lock.lock();
    try {
      taken = waiting.poll();
      if (taken == null) {
        if (cause != null) throw cause;
        return null;
      }
      takenId = taken.lastEventId();
    } finally {
      lock.unlock();
    }
    // Not under the lock: this thread may now read, and hand the next events to itself.
    if (++takenSinceRequest == AHEAD / 2) {
      takenSinceRequest = 0;
      stream.request(AHEAD / 2);
    }
    return taken.event();
  }

  /**
   * The events that are still to come; every iterator takes from the same stream.
   *
   * <p>{@code hasNext()} waits for an event. It throws {@link UncheckedIOException} if the source
   * gave up, and if the thread was interrupted: then it is interrupted again, and the cause is an
   * {@link InterruptedIOException}.
   */
  @Override
  public Iterator<Event> iterator() {
    return new Pull();
  }

  private final class Pull implements Iterator<Event> {
    private @Nullable Event ahead;

    @Override
    public boolean hasNext() {
      try {
        if (ahead == null) ahead = take();
        return ahead != null;
      } catch (ConnectionFailedException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new UncheckedIOException(new InterruptedIOException("interrupted while waiting"));
      }
    }

    @Override
    public Event next() {
      if (!hasNext() || ahead == null) throw new NoSuchElementException("the stream has ended");
      Event next = ahead;
      ahead = null;
      return next;
    }
  }

  /** The events as a sequential {@link Stream}; closing it closes this reader. */
  public Stream<Event> stream() {
    int traits = Spliterator.ORDERED | Spliterator.NONNULL;
    var events = Spliterators.spliteratorUnknownSize(iterator(), traits);
    return StreamSupport.stream(events, false).onClose(this::close);
  }

  /** The last event ID as of the event taken last: store it with the work that it caused. */
  public String lastEventId() {
    lock.lock();
    try {
      return takenId;
    } finally {
      lock.unlock();
    }
  }

  /** What the source is doing. */
  public EventSource.State state() {
    return stream.state();
  }

  /** Cuts the connection; wakes a thread that waits. What was not taken is dropped. */
  @Override
  public void close() {
    stream.close();
    end(null, true);
  }

  private void end(@Nullable ConnectionFailedException why, boolean dropsWaiting) {
    lock.lock();
    try {
      if (dropsWaiting) waiting.clear();
      if (!isClosed) cause = why;
      isClosed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Puts events where the reading thread finds them. */
  private final class Queueing extends Delegating {
    Queueing(StreamListener listener) {
      super(listener);
    }

    @Override
    public void event(Event event) {
      lock.lock();
      try {
        if (isClosed) return;
        waiting.add(new Waiting(event, stream.lastEventId()));
        changed.signal();
      } finally {
        lock.unlock();
      }
    }

    /** A block without data counts as part of the event before it. */
    @Override
    public void positionMoved(String lastEventId) {
      lock.lock();
      try {
        if (isClosed) return;
        Waiting last = waiting.pollLast();
        if (last == null) takenId = lastEventId;
        else waiting.add(new Waiting(last.event(), lastEventId));
      } finally {
        lock.unlock();
      }
      super.positionMoved(lastEventId);
    }

    @Override
    public void closed(@Nullable ConnectionFailedException why) {
      end(why, false);
      super.closed(why);
    }
  }

  /** Passes everything but events to a listener. */
  abstract static class Delegating implements EventHandler {
    private final StreamListener listener;

    Delegating(StreamListener listener) {
      this.listener = listener;
    }

    @Override
    public void positionMoved(String lastEventId) {
      listener.positionMoved(lastEventId);
    }

    @Override
    public void opened(URI from, HttpHeaders headers) {
      listener.opened(from, headers);
    }

    @Override
    public void comment(String text) {
      listener.comment(text);
    }

    @Override
    public void gap(Gap gap) {
      listener.gap(gap);
    }

    @Override
    public void skipped(EventStreamTooLongException tooLong) {
      listener.skipped(tooLong);
    }

    @Override
    public void largeEvent(LargeEvent event) throws Exception {
      listener.largeEvent(event);
    }

    @Override
    public void interrupted(ConnectionFailedException cause, Duration delay) {
      listener.interrupted(cause, delay);
    }

    @Override
    public void closed(@Nullable ConnectionFailedException cause) {
      listener.closed(cause);
    }
  }
}
