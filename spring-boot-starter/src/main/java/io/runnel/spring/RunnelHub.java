package io.runnel.spring;

import io.runnel.engine.Hub;
import io.runnel.engine.Receipt;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hub of a Spring application, for its services: publishes to topics, to everybody, to one
 * user, to one login session. Who answers requests with streams injects {@link MvcHub} or {@link
 * WebFluxHub}, which are this too.
 *
 * <p>Data that is text is sent as it is; other objects by the {@link EventDataMapper}. Nothing
 * blocks, and nothing waits for a subscriber. Safe for any thread.
 *
 * <pre>{@code
 * hub.publish("orders", "placed", order);
 * hub.sendToUser("anna", "assigned", order);
 * }</pre>
 */
public class RunnelHub {
  private static final Logger log = LoggerFactory.getLogger(RunnelHub.class);

  private final Hub hub;
  private final EventDataMapper mapper;

  /** A facade over the hub. */
  public RunnelHub(Hub hub, EventDataMapper mapper) {
    this.hub = hub;
    this.mapper = mapper;
  }

  /** The hub itself. */
  public Hub hub() {
    return hub;
  }

  // ---------------------------------------------------------------- topics

  /**
   * Publishes an event of type {@code message}: what {@code onmessage} hears.
   *
   * @see #publish(String, Event)
   */
  public CompletableFuture<Receipt> publish(String topic, Object data) {
    return publish(topic, data instanceof Event event ? event : Event.of(text(data)));
  }

  /**
   * Publishes an event.
   *
   * @see #publish(String, Event)
   */
  public CompletableFuture<Receipt> publish(String topic, String type, Object data) {
    return publish(topic, Event.of(type, text(data)));
  }

  /**
   * Publishes an event, at once: not when a transaction that is under way commits, for which see
   * {@link PublishedTo} and {@code @TransactionalEventListener}.
   *
   * @return the acknowledgement: the event's id, and how it is kept
   * @throws IllegalArgumentException if the topic's name, the type or the data breaks a rule; the
   *     message says which
   * @see Hub#publish(Topic, Event)
   */
  public CompletableFuture<Receipt> publish(String topic, Event event) {
    return hub.publish(new Topic(topic), event);
  }

  /**
   * Ends a topic: its streams get what is kept, then their end; who comes back with all of it is
   * answered with 204, which stops an {@code EventSource}.
   */
  public CompletableFuture<Receipt> complete(String topic) {
    return hub.complete(new Topic(topic));
  }

  // ---------------------------------------------------------------- people

  /** Sends to every stream that is {@linkplain RunnelEmitter#personal() personal}. */
  public void sendToEverybody(String type, Object data) {
    send(PersonalTopics.EVERYBODY, type, data);
  }

  /** Sends to the streams of one user, in all browsers. */
  public void sendToUser(String userName, String type, Object data) {
    send(userTopic(userName), type, data);
  }

  /** Sends to the streams of one login session: the tabs of one browser. */
  public void sendToSession(String sessionId, String type, Object data) {
    send(sessionTopic(sessionId), type, data);
  }

  /** The topic of one user: {@code user/anna}; letters that no topic may have are escaped. */
  public static String userTopic(String userName) {
    return PersonalTopics.user(userName);
  }

  /** The topic of one login session. It does not show the session's id. */
  public static String sessionTopic(String sessionId) {
    return PersonalTopics.session(sessionId);
  }

  // ---------------------------------------------------------------- rights

  /**
   * Ends the streams of a user, whose rights have changed: clients come back by themselves, and the
   * controller decides anew what they may have.
   */
  public void endStreamsOfUser(String userName) {}

  /**
   * Ends the streams that were opened in a login session. One that the server itself invalidates
   * ends them within about a second (unless {@code runnel.end-with-session=false}); this is for
   * sessions that are kept elsewhere.
   */
  public void endStreamsOfSession(String sessionId) {}

  /** Publishes for somebody who does not look at the answer. */
  void send(String topic, String type, Object data) {
    publish(topic, type, data).whenComplete((receipt, failure) -> logFailure(topic, failure));
  }

  private static void logFailure(String topic, Throwable failure) {
    if (failure != null) log.error("an event of topic {} was not published: {}", topic, failure);
  }

  String text(Object data) {
    return data instanceof CharSequence text ? text.toString() : mapper.write(data);
  }

  EventDataMapper mapper() {
    return mapper;
  }
}
