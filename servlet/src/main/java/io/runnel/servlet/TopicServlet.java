package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.engine.Hub;
import io.runnel.engine.HubClosedException;
import io.runnel.engine.Receipt;
import io.runnel.engine.TooManyTopicsException;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicPattern;
import io.runnel.eventstream.Event;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The topics of the web application's hub, over HTTP: GET subscribes, POST publishes, with the
 * parameters and the answers of the stand-alone hub.
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
  /** Parameters that only a subscriber sends. */
  private static final List<String> OF_SUBSCRIBERS =
      List.of(
          "transport",
          "padding",
          "evs_preamble",
          "lastEventId",
          "lastEventID",
          "last_event_id",
          "evs_last_event_id",
          "_method");

  private static final Set<String> BATCHES =
      Set.of("application/x-ndjson", "application/jsonl", "application/json-lines");

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

  /**
   * Whether pages of the origin may publish here; only those of the request's own host, unless this
   * is overridden.
   *
   * @param origin the request's header {@code Origin}, such as {@code https://example.org}
   */
  protected boolean isTrustedOrigin(HttpServletRequest request, String origin) {
    String host = request.getHeader("Host");
    return origin.equalsIgnoreCase("http://" + host) || origin.equalsIgnoreCase("https://" + host);
  }

  @Override
  final String allowed() {
    return "GET, POST, OPTIONS";
  }

  // ---------------------------------------------------------------- subscribe

  @Override
  final void get(HttpServletRequest request, HttpServletResponse response) throws IOException {
    var query = new Query(request);
    Transport transport = Transport.of(query.first("transport"));
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
    if (transport == Transport.STREAM) streams.open(request, response, asked, end -> {});
    else {
      asked.requirePosition();
      streams.poll(request, response, asked, transport == Transport.LONG_POLL);
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
          "no topic: GET " + here + "/<topic> or " + here + "?topic=<topic>");
    }
    return topics;
  }

  private static @Nullable String pathTopic(HttpServletRequest request) {
    String path = request.getPathInfo();
    return path == null || path.length() < 2 ? null : path.substring(1);
  }

  // ---------------------------------------------------------------- publish

  @Override
  final void post(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String origin = request.getHeader("Origin");
    if (origin != null && !isTrustedOrigin(request, origin)) {
      new Problem(403, "Forbidden", "a page of " + origin + " may not publish here")
          .answer()
          .send(response);
      return;
    }
    String name = pathTopic(request);
    if (name == null) {
      throw new IllegalArgumentException("no topic: POST " + request.getServletPath() + "/<topic>");
    }
    Topic topic = new Topic(name);
    refuseWhatIsNoPublish(request);
    if (!mayPublish(request, topic)) {
      new Problem(403, "Forbidden", "you may not publish to " + topic).answer().send(response);
      return;
    }
    byte[] body = body(request);
    if (body == null) {
      String detail =
          "the body is over the limit of " + eventStreams().settings().maxBodyBytes() + " bytes";
      new Problem(413, "Body too large", detail).answer().send(response);
      return;
    }
    CompletableFuture<Answer> answer = publish(request, topic, body);
    if (answer.isDone()) answer.join().send(response);
    else eventStreams().answerLater(request, response, answer);
  }

  /** What the stand-alone hub would take for something else is not published as an event. */
  private static void refuseWhatIsNoPublish(HttpServletRequest request) {
    String type = request.getContentType();
    if (type != null && BATCHES.contains(type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException(
          "Content-Type: " + type + " is a batch, which only the stand-alone hub takes");
    }
    var query = new Query(request);
    for (String parameter : OF_SUBSCRIBERS) {
      if (query.first(parameter) == null) continue;
      throw new IllegalArgumentException("?" + parameter + "= is for subscribers, which send GET");
    }
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

  private CompletableFuture<Answer> publish(HttpServletRequest request, Topic topic, byte[] body) {
    CompletableFuture<Receipt> receipt;
    try {
      receipt = receipt(request, topic, body);
    } catch (TooManyTopicsException | HubClosedException e) {
      receipt = CompletableFuture.failedFuture(e);
    }
    return receipt.handle(TopicServlet::answer);
  }

  private CompletableFuture<Receipt> receipt(HttpServletRequest request, Topic topic, byte[] body) {
    var query = new Query(request);
    Hub hub = eventStreams().hub();
    boolean completes = "true".equals(query.first("complete"));
    if (completes && body.length == 0) return hub.complete(topic);
    String key = Query.header(request, "Idempotency-Key");
    Event event = event(query, body);
    CompletableFuture<Receipt> receipt =
        key == null ? hub.publish(topic, event) : hub.publish(topic, event, key);
    return completes ? receipt.thenCompose(first -> hub.complete(topic)) : receipt;
  }

  private static Event event(Query query, byte[] body) {
    String type = query.first("event");
    return new Event(type == null ? Event.MESSAGE : type, text(body), query.first("id"));
  }

  private static String text(byte[] body) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("the body is not UTF-8, which events are", e);
    }
  }

  private static Answer answer(@Nullable Receipt receipt, @Nullable Throwable failure) {
    if (receipt != null) {
      String kept = receipt.kept().name().toLowerCase(Locale.ROOT);
      String json = "{\"id\":" + Problem.quoted(receipt.id()) + ",\"kept\":\"" + kept + "\"}\n";
      return Answer.ofJson(json.getBytes(UTF_8));
    }
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return Problem.ofPublish(cause == null ? new IllegalStateException("no answer") : cause)
        .answer();
  }
}
