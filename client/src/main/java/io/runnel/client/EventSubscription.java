package io.runnel.client;

import io.runnel.eventstream.Event;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** What a subscriber of {@link EventSource.Builder#publisher} holds: a stream of its own. */
final class EventSubscription extends EventReader.Delegating implements Flow.Subscription {
  private final Flow.Subscriber<? super Event> subscriber;
  private final ReconnectingStream stream;
  private volatile boolean isCancelled;
  private volatile @Nullable IllegalArgumentException illegalRequest;

  private EventSubscription(
      Settings settings, StreamListener listener, Flow.Subscriber<? super Event> subscriber) {
    super(listener);
    this.subscriber = subscriber;
    this.stream = new ReconnectingStream(settings, this, 0);
  }

  static void start(
      Settings settings, StreamListener listener, Flow.Subscriber<? super Event> subscriber) {
    var subscription = new EventSubscription(settings, listener, subscriber);
    subscriber.onSubscribe(subscription);
    subscription.stream.start();
  }

  /**
   * Any thread. A request that is not positive ends the subscription with onError, by the rules.
   */
  @Override
  public void request(long events) {
    if (events > 0) {
      stream.request(events);
      return;
    }
    illegalRequest = new IllegalArgumentException("requested " + events + " events, not 1 or more");
    stream.close();
  }

  @Override
  public void cancel() {
    isCancelled = true;
    stream.close();
  }

  @Override
  public void event(Event event) {
    if (isCancelled) return;
    try {
      subscriber.onNext(event);
    } catch (Throwable e) {
      // A subscriber that throws has broken the rules, and counts as having cancelled.
      cancel();
      throw e;
    }
  }

  @Override
  public void closed(@Nullable ConnectionFailedException cause) {
    super.closed(cause);
    if (isCancelled) return;
    Throwable failure = illegalRequest != null ? illegalRequest : cause;
    if (failure == null) subscriber.onComplete();
    else subscriber.onError(failure);
  }
}
