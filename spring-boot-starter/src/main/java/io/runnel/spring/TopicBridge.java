package io.runnel.spring;

import io.runnel.eventstream.Event;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.PayloadApplicationEvent;
import org.springframework.context.event.SmartApplicationListener;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;

/** Publishes the application events that are {@link PublishedTo} topics. Any thread. */
final class TopicBridge implements SmartApplicationListener {
  private static final Logger log = LoggerFactory.getLogger(TopicBridge.class);

  private final RunnelHub hub;
  private final AfterCommit afterCommit;
  private final LongAdder failed = new LongAdder();

  private final ClassValue<List<Route>> routes =
      new ClassValue<>() {
        @Override
        protected List<Route> computeValue(Class<?> type) {
          return MergedAnnotations.from(type, SearchStrategy.TYPE_HIERARCHY).stream(
                  PublishedTo.class)
              .map(published -> Route.of(published.synthesize(), type))
              .toList();
        }
      };

  TopicBridge(RunnelHub hub, AfterCommit afterCommit) {
    this.hub = hub;
    this.afterCommit = afterCommit;
  }

  @Override
  public boolean supportsEventType(Class<? extends ApplicationEvent> type) {
    return PayloadApplicationEvent.class.isAssignableFrom(type) || !routes.get(type).isEmpty();
  }

  @Override
  public void onApplicationEvent(ApplicationEvent event) {
    Object payload =
        event instanceof PayloadApplicationEvent<?> wrapped ? wrapped.getPayload() : event;
    for (Route route : routes.get(payload.getClass())) {
      String topic = route.topic(payload);
      if (topic == null) continue;
      Event data = Event.of(route.type(), hub.text(payload));
      afterCommit.run(() -> publish(topic, data));
    }
  }

  /** The transaction is over: nobody who could be told is left but the log. */
  private void publish(String topic, Event event) {
    try {
      hub.publish(topic, event).whenComplete((receipt, failure) -> count(topic, event, failure));
    } catch (RuntimeException refused) {
      count(topic, event, refused);
    }
  }

  private void count(String topic, Event event, @Nullable Throwable failure) {
    if (failure == null) return;
    failed.increment();
    log.error(
        "an event of type {} was committed but not published to topic {}: {}",
        event.type(),
        topic,
        failure.toString());
  }

  /** How many events were committed but not published. */
  long failed() {
    return failed.sum();
  }
}
