package io.runnel.servlet;

import static java.util.Objects.requireNonNull;

import io.runnel.engine.JsonLines;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicPattern;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The topics of the web application's hub, over HTTP: GET subscribes, POST publishes, with the
 * parameters and the answers of the stand-alone hub. A POST with {@code _method=GET} subscribes,
 * too: the fields of its body are parameters of the request that {@link #maySubscribe} is given.
 *
 * <p>Mapped to {@code /events/*}, it answers {@code GET /events/orders} and {@code GET
 * /events?topic=orders&topic=user/42}. It must be registered with {@code asyncSupported = true}, as
 * must every filter before it. Everybody who gets here may subscribe, and nobody may publish,
 * unless {@link #maySubscribe} and {@link #mayPublish} say otherwise.
 *
 * <pre>{@code
 * @WebServlet(urlPatterns = "/events/*", asyncSupported = true)
 * public class Events extends TopicServlet {}
 * }</pre>
 */
public class TopicServlet extends StreamServlet {
  /** A servlet over the event streams of its web application: {@link EventStreams#of}. */
  public TopicServlet() {}

  /**
   * Whether the sender of the request may subscribe to all of the topics; true unless this is
   * overridden. Called on the container's thread for each connection, so also when a client comes
   * back: a cursor grants nothing.
   *
   * @param topics what is asked for; a pattern means every topic that it matches, now or later
   */
  protected boolean maySubscribe(HttpServletRequest request, List<TopicPattern> topics) {
    return true;
  }

  /**
   * Whether the sender of the request may publish to the topic, or complete it; false unless this
   * is overridden. A page of another origin is refused before this is asked.
   */
  protected boolean mayPublish(HttpServletRequest request, Topic topic) {
    return false;
  }

  @Override
  final String allowed() {
    return "GET, POST, OPTIONS";
  }

  // ---------------------------------------------------------------- subscribe

  @Override
  final void get(HttpServletRequest request, HttpServletResponse response) throws IOException {
    subscribe(request, response, new Query(request));
  }

  private void subscribe(HttpServletRequest request, HttpServletResponse response, Query query)
      throws IOException {
    Transport transport = Transport.of(query.first("transport"), request);
    if (transport == Transport.WEBSOCKET
        && !WebSocketHandshake.check(request, response, this::isOwnOrTrusted)) return;
    String accept = request.getHeader("Accept");
    if (transport == Transport.STREAM && !Transport.acceptsStream(accept)) {
      String detail = "an event stream is text/event-stream, which Accept: " + accept + " excludes";
      new Problem(406, "Not acceptable", detail).answer().send(response);
      return;
    }
    List<TopicPattern> topics = topics(request, query);
    StreamRequest asked = StreamRequest.of(query).withTopics(topics);
    if (!maySubscribe(request, topics)) {
      new Problem(403, "Forbidden", "not all of these topics are for you").answer().send(response);
      return;
    }
    EventStreams streams = eventStreams();
    switch (transport) {
      case STREAM -> streams.open(request, response, asked, end -> {});
      case WEBSOCKET -> streams.upgrade(request, response, asked);
      default -> {
        asked.requirePosition();
        streams.poll(request, response, asked, transport == Transport.LONG_POLL);
      }
    }
  }

  private static List<TopicPattern> topics(HttpServletRequest request, Query query) {
    var topics = new ArrayList<TopicPattern>();
    String path = pathTopic(request);
    if (path != null) topics.add(new TopicPattern(path));
    for (String topic : query.all("topic")) topics.add(new TopicPattern(topic));
    if (topics.isEmpty()) {
      String here = request.getServletPath();
      throw new IllegalArgumentException(
          "no topic: GET " + here + "/{topic} or " + here + "?topic={topic}");
    }
    return topics;
  }

  private static @Nullable String pathTopic(HttpServletRequest request) {
    String path = request.getPathInfo();
    return path == null || path.length() < 2 ? null : path.substring(1);
  }

  // ---------------------------------------------------------------- publish

  /** First the body, whatever is answered: Jetty resets an HTTP/2 stream with a rest of one. */
  @Override
  final void post(HttpServletRequest request, HttpServletResponse response) throws IOException {
    byte[] body = body(request);
    if (PostedSubscription.is(new Query(request))) {
      Problem refusal = PostedSubscription.refusal(request, body);
      if (refusal == null) {
        var posted = new PostedSubscription(request, requireNonNull(body));
        subscribe(posted, response, posted.query());
      } else refusal.answer().send(response);
      return;
    }
    String origin = request.getHeader("Origin");
    if (!isOwnOrTrusted(request)) {
      new Problem(403, "Forbidden", "a page of " + origin + " may not publish here")
          .answer()
          .send(response);
      return;
    }
    String name = pathTopic(request);
    Topic topic = name == null ? null : new Topic(name);
    Publish.refuseWhatIsNone(request, topic);
    if (topic != null && !mayPublish(request, topic)) {
      forbid(response, topic);
      return;
    }
    if (body == null) {
      String detail =
          "the body is over the limit of " + eventStreams().settings().maxBodyBytes() + " bytes";
      new Problem(413, "Body too large", detail).answer().send(response);
      return;
    }
    try {
      publish(new Publish(request, topic, body), topic, request, response);
    } catch (JsonLines.TooManyLinesException e) {
      new Problem(413, "Batch too large", String.valueOf(e.getMessage())).answer().send(response);
    }
  }

  private void publish(
      Publish publish,
      @Nullable Topic asked,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    for (Topic topic : publish.topics()) {
      if (topic.equals(asked) || mayPublish(request, topic)) continue;
      forbid(response, topic);
      return;
    }
    CompletableFuture<Answer> answer = publish.to(eventStreams().hub());
    if (answer.isDone()) answer.join().send(response);
    else eventStreams().answerLater(request, response, answer);
  }

  private static void forbid(HttpServletResponse response, Topic topic) throws IOException {
    new Problem(403, "Forbidden", "you may not publish to " + topic).answer().send(response);
  }

  /**
   * The body; null if it is too long. Of one that is, a part is read all the same: a client that is
   * cut off while it sends may never see the answer.
   */
  private byte @Nullable [] body(HttpServletRequest request) throws IOException {
    int limit = eventStreams().settings().maxBodyBytes();
    InputStream in = request.getInputStream();
    byte[] body = in.readNBytes(limit + 1);
    if (body.length <= limit) return body;
    in.readNBytes(limit);
    return null;
  }
}
