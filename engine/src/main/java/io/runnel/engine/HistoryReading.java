package io.runnel.engine;

import io.runnel.engine.EventSink.EndReason;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One reading of the history for one subscription. Begun on the lane's thread, answered on any, and
 * the answer is taken back to the lane's thread, when the lane has passed what was read.
 */
final class HistoryReading implements History.ReadAnswer {
  private final LaneSubscription subscription;
  private final List<TopicState> topics;

  /** What is trimmed before the reading is missing; what goes during it has been read. */
  private final long[] trimmedBefore;

  private HistoryReading(LaneSubscription subscription) {
    this.subscription = subscription;
    topics = subscription.interest.states();
    trimmedBefore = topics.stream().mapToLong(TopicState::trimmedThrough).toArray();
  }

  /** Asks for the subscription's events with {@code after < offset <= through}. */
  static void begin(LaneSubscription subscription, long after, long through) {
    var reading = new HistoryReading(subscription);
    List<Topic> names = TopicState.names(reading.topics);
    subscription.lane.hub.history().read(names, after, through, Lane.MAX_BATCH, reading);
  }

  @Override
  public void read(List<EncodedEvent> events, long through, long[] trimmedThrough) {
    Lane lane = subscription.lane;
    lane.execute(
        () ->
            lane.afterTurn(
                () -> subscription.read(events, through, trimmed(events, trimmedThrough))));
  }

  private Map<TopicState, Long> trimmed(List<EncodedEvent> events, long[] trimmedThrough) {
    var trimmed = new LinkedHashMap<TopicState, Long>();
    for (int i = 0; i < trimmedThrough.length; i++) {
      TopicState topic = topics.get(i);
      long gone = Math.max(trimmedBefore[i], trimmedThrough[i]);
      trimmed.put(topic, isGone(topic, events) ? topic.trimmedThrough() : gone);
    }
    return trimmed;
  }

  /** Whether the topic was retired meanwhile: the history may have forgotten what it trimmed. */
  private static boolean isGone(TopicState topic, List<EncodedEvent> events) {
    return topic.isRetired()
        && events.stream().noneMatch(event -> event.offset() == topic.lastOffset());
  }

  @Override
  public void failed(IOException failure) {
    subscription.lane.execute(() -> subscription.end(EndReason.FAILED));
  }
}
