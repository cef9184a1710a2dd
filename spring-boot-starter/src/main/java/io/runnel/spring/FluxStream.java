package io.runnel.spring;

import io.runnel.engine.EventBatch;
import io.runnel.engine.EventSink;
import io.runnel.engine.Lane;
import io.runnel.engine.Opening;
import io.runnel.engine.Subscription;
import io.runnel.engine.SubscriptionRequest;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.springframework.http.codec.ServerSentEvent;
import reactor.core.publisher.Operators;

/**
 * A subscription of the hub as one of Reactive Streams: what is not asked for is not taken from the
 * hub, but for the rest of one batch.
 *
 * <p>{@link #request} and {@link #cancel} may be called by any thread, the rest on the lane's.
 */
final class FluxStream implements EventSink, org.reactivestreams.Subscription {
  private final Lane lane;
  private final ExecutorService thread;
  private final SubscriptionRequest asked;
  private final Subscriber<? super ServerSentEvent<String>> subscriber;
  private final Owner owner;

  private final AtomicLong requested = new AtomicLong();
  private final AtomicBoolean signalled = new AtomicBoolean();
  private volatile boolean cancelled;

  // The lane's.
  private final Deque<ServerSentEvent<String>> rest = new ArrayDeque<>();
  private @Nullable Subscription subscription;
  private boolean blocked;
  private int restSeen;
  private long queuedSeen;
  private boolean completing;
  private boolean over;

  /** Who is told of what becomes of the stream; on the lane's thread. */
  interface Owner {
    /** The client has all that there will ever be. */
    void finished();

    /** The client takes nothing. */
    void stalled();

    /** How much of the answer the client has not taken yet; 0 where that cannot be told. */
    long queuedBytes();

    /** The stream is over; called once. */
    void ended(FluxStream stream);
  }

  FluxStream(
      FluxStreams.FluxLane lane,
      SubscriptionRequest asked,
      Subscriber<? super ServerSentEvent<String>> subscriber,
      Owner owner) {
    this.lane = lane.lane();
    this.thread = lane.thread();
    this.asked = asked;
    this.subscriber = subscriber;
    this.owner = owner;
  }

  /** Any thread; once. */
  void start() {
    subscriber.onSubscribe(this);
    execute(this::subscribe);
  }

  private void subscribe() {
    if (cancelled) {
      letGo();
      return;
    }
    try {
      Subscription subscription = lane.subscribe(asked, this);
      if (over) subscription.close();
      else this.subscription = subscription;
    } catch (RuntimeException refused) {
      letGo();
      subscriber.onError(refused);
    }
  }

  // ---------------------------------------------------------------- demand: any thread

  @Override
  public void request(long count) {
    if (!Operators.validate(count)) return;
    requested.getAndAccumulate(count, Operators::addCap);
    signal();
  }

  @Override
  public void cancel() {
    cancelled = true;
    signal();
  }

  /** Ends it; what was not asked for yet is not sent any more. Any thread. */
  void logOut() {
    execute(
        () -> {
          rest.clear();
          complete();
        });
  }

  private void signal() {
    if (signalled.compareAndSet(false, true)) execute(this::pump);
  }

  private void execute(Runnable task) {
    try {
      thread.execute(task);
    } catch (RejectedExecutionException stopped) {
      // The application has stopped: so have its streams.
    }
  }

  // ---------------------------------------------------------------- the hub's sink

  @Override
  public boolean open(Opening opening) {
    if (cancelled) return false;
    if (!opening.finished()) return true;
    owner.finished();
    complete();
    return false;
  }

  @Override
  public boolean write(EventBatch batch) {
    rest.addAll(events(batch));
    emit();
    blocked = !rest.isEmpty();
    if (blocked) seeWhatWaits();
    return !blocked;
  }

  /** Read once for every subscriber that the batch is written to. */
  @SuppressWarnings("unchecked")
  private static List<ServerSentEvent<String>> events(EventBatch batch) {
    if (batch.framing() instanceof List<?> events) return (List<ServerSentEvent<String>>) events;
    List<ServerSentEvent<String>> events = BatchReader.read(batch.toByteArray());
    batch.framing(events);
    return events;
  }

  @Override
  public boolean hasTakenSome() {
    int rest = restSeen;
    long queued = queuedSeen;
    seeWhatWaits();
    return restSeen < rest || queuedSeen != queued;
  }

  /** What is queued changes in both directions as long as the client takes some of it. */
  private void seeWhatWaits() {
    restSeen = rest.size();
    queuedSeen = owner.queuedBytes();
  }

  @Override
  public void end(EndReason reason) {
    subscription = null;
    if (reason == EndReason.SLOW || reason == EndReason.FAILED) {
      letGo();
      owner.stalled();
      // Spring takes a broken pipe for a client that has left, which is no error.
      subscriber.onError(new IOException("broken pipe: the client takes nothing"));
    } else {
      completing = true;
      emit();
    }
  }

  // ---------------------------------------------------------------- the lane

  private void pump() {
    signalled.set(false);
    if (cancelled) {
      letGo();
      return;
    }
    emit();
    if (!blocked || !rest.isEmpty()) return;
    blocked = false;
    if (subscription != null) subscription.writable();
  }

  private void emit() {
    while (!rest.isEmpty() && !cancelled && !over && requested.get() > 0) {
      if (requested.get() != Long.MAX_VALUE) requested.decrementAndGet();
      subscriber.onNext(rest.remove());
    }
    if (completing && rest.isEmpty()) complete();
  }

  private void complete() {
    if (over) return;
    letGo();
    subscriber.onComplete();
  }

  private void letGo() {
    if (over) return;
    over = true;
    rest.clear();
    if (subscription != null) subscription.close();
    subscription = null;
    owner.ended(this);
  }
}
