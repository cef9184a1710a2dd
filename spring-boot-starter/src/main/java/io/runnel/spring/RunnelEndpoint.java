package io.runnel.spring;

import io.runnel.engine.Backlog;
import io.runnel.engine.Hub;
import io.runnel.engine.HubStatistics;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicStatistics;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

/**
 * {@code /actuator/runnel}: how the hub is doing; {@code /actuator/runnel/orders/17}: one topic.
 * Must be exposed ({@code management.endpoints.web.exposure.include}) to be seen.
 */
@Endpoint(id = "runnel")
public final class RunnelEndpoint {
  /** The most topics that are listed. */
  static final int MAX_TOPICS = 100;

  private final Hub hub;
  private final StreamCounts streams;

  RunnelEndpoint(Hub hub, StreamCounts streams) {
    this.hub = hub;
    this.streams = streams;
  }

  /**
   * How the hub is doing.
   *
   * @param cursor the newest position
   * @param failure why nothing is kept any more, or null
   * @param shortage why publishing is refused until there is room on the disk, or null
   * @param connections the streams
   * @param backlog who is behind the newest event
   * @param gaps gap events sent
   * @param slowConsumers what became of slow ones
   * @param topics how many there are, and the newest
   * @param events what was published and delivered
   */
  public record Status(
      String cursor,
      @Nullable String failure,
      @Nullable String shortage,
      Connections connections,
      Behind backlog,
      long gaps,
      SlowConsumers slowConsumers,
      Topics topics,
      Events events)
      implements OperationResponseBody {}

  /**
   * The streams.
   *
   * @param open open now
   * @param subscriptions subscriptions of topics, open now
   * @param opened subscriptions opened ever
   * @param resumed of these, with a cursor
   * @param refused streams sent away, because there were too many
   */
  public record Connections(int open, int subscriptions, long opened, long resumed, long refused) {}

  /**
   * Who has not been given everything yet, as of about a second ago.
   *
   * @param subscriptions how many
   * @param events how many positions the furthest of them is behind
   */
  public record Behind(int subscriptions, long events) {}

  /**
   * What became of clients that did not take what was sent.
   *
   * @param heldUp times that one could not take a whole batch
   * @param disconnected disconnected, by topics or by emitters
   */
  public record SlowConsumers(long heldUp, long disconnected) {}

  /**
   * The topics.
   *
   * @param count how many are known
   * @param newest those published to last, at most {@value #MAX_TOPICS}
   */
  public record Topics(int count, List<TopicStatus> newest) {}

  /**
   * A topic.
   *
   * @param name its name
   * @param newest the number of its newest position, 0 if it never had an event
   * @param trimmedThrough the number of its newest position that is no longer kept
   * @param completed whether it has ended
   */
  public record TopicStatus(String name, long newest, long trimmedThrough, boolean completed)
      implements OperationResponseBody {}

  /**
   * What was published and delivered.
   *
   * @param published events published
   * @param refused publishes refused by a limit or a rule
   * @param delivered events given to subscribers
   */
  public record Events(long published, long refused, long delivered) {}

  /** How the hub is doing. */
  @ReadOperation
  public Status status() {
    HubStatistics counted = hub.statistics();
    Backlog backlog = hub.backlog();
    return new Status(
        hub.cursor(),
        hub.failure(),
        hub.shortage(),
        new Connections(
            streams.open(),
            counted.subscriptions(),
            counted.opened(),
            counted.resumed(),
            streams.refused()),
        new Behind(backlog.subscriptions(), backlog.events()),
        counted.gaps(),
        new SlowConsumers(counted.heldUp(), Math.max(counted.slowDisconnects(), streams.slow())),
        new Topics(
            counted.topics(), hub.topics(MAX_TOPICS).stream().map(RunnelEndpoint::status).toList()),
        new Events(counted.published(), counted.refused(), counted.deliveries()));
  }

  /** One topic; nothing, and so 404, if it is not known. */
  @ReadOperation
  public @Nullable TopicStatus topic(
      @Selector(match = Selector.Match.ALL_REMAINING) String... name) {
    try {
      return hub.topic(new Topic(String.join("/", name))).map(RunnelEndpoint::status).orElse(null);
    } catch (IllegalArgumentException noTopic) {
      return null;
    }
  }

  private static TopicStatus status(TopicStatistics topic) {
    return new TopicStatus(
        topic.topic().name(), topic.newest(), topic.trimmedThrough(), topic.completed());
  }
}
