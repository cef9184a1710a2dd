package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.runnel.engine.EventInBatchRefusedException;
import io.runnel.engine.HistoryBusyException;
import io.runnel.engine.HistoryFailedException;
import io.runnel.engine.HistoryFullException;
import io.runnel.engine.Hub;
import io.runnel.engine.HubClosedException;
import io.runnel.engine.IdempotencyKeyReusedException;
import io.runnel.engine.JsonLines;
import io.runnel.engine.Receipt;
import io.runnel.engine.Start;
import io.runnel.engine.SubscriptionRequest;
import io.runnel.engine.SubscriptionRequest.Heartbeat;
import io.runnel.engine.TooManyTopicsException;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicCompletedException;
import io.runnel.engine.TopicEvent;
import io.runnel.engine.TopicPattern;
import io.runnel.eventstream.Event;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** {@code /events}: GET subscribes, POST publishes. Event loop. */
final class EventsResource {
  private static final String PREFIX = "/events/";

  private final Hub hub;
  private final HubServer server;

  EventsResource(Hub hub, HubServer server) {
    this.hub = hub;
    this.server = server;
  }

  void handle(HttpExchange exchange) {
    HttpMethod method = exchange.method();
    if (method.equals(HttpMethod.GET)) subscribe(exchange);
    else if (method.equals(HttpMethod.POST)) post(exchange);
    else if (method.equals(HttpMethod.OPTIONS)) server.cors().preflight(exchange);
    else {
      var response =
          HttpExchange.response(
              405,
              Problem.CONTENT_TYPE,
              new Problem(405, "Method not allowed", method + " is neither GET nor POST").json());
      response.headers().set(HttpHeaderNames.ALLOW, "GET, POST, OPTIONS");
      exchange.respond(response);
    }
  }

  private void post(HttpExchange exchange) {
    if (!PostedSubscription.is(exchange)) publish(exchange);
    else if (PostedSubscription.read(exchange)) subscribe(exchange);
  }

  // ---------------------------------------------------------------- subscribe

  private void subscribe(HttpExchange exchange) {
    Transport transport = Transport.of(exchange);
    if (isRefused(exchange, transport)) return;
    SubscriptionRequest request =
        new SubscriptionRequest(
            topics(exchange), start(exchange), opening(exchange), heartbeat(exchange));
    if (transport.isPoll()) requirePosition(request);
    Padding.length(exchange); // What it cannot be is said before the stream begins.
    server.subscribe(exchange, request, transport, () -> {});
  }

  /** Answers who may not subscribe, or not so. */
  private boolean isRefused(HttpExchange exchange, Transport transport) {
    if (transport == Transport.WEBSOCKET && !WebSocketHandshake.check(exchange, server.cors())) {
      return true;
    }
    if (!server.maySubscribe(exchange)) {
      String detail = "subscribing needs a token: Authorization: Bearer <token>, or token=<token>";
      if (transport == Transport.WEBSOCKET) server.forbidWebSocket(exchange, detail);
      else unauthorized(exchange, detail);
      return true;
    }
    if (transport == Transport.STREAM
        && !isStreamAccepted(exchange.header(HttpHeaderNames.ACCEPT))) {
      exchange.problem(
          406,
          "Not acceptable",
          "an event stream is text/event-stream, which Accept: "
              + exchange.header(HttpHeaderNames.ACCEPT)
              + " excludes");
      return true;
    }
    return false;
  }

  private static List<TopicPattern> topics(HttpExchange exchange) {
    var topics = new ArrayList<TopicPattern>();
    if (exchange.path().length() > PREFIX.length()) {
      topics.add(new TopicPattern(exchange.path().substring(PREFIX.length())));
    }
    for (String topic : exchange.queries("topic")) topics.add(new TopicPattern(topic));
    if (topics.isEmpty()) {
      throw new IllegalArgumentException("no topic: GET /events/{topic} or /events?topic={topic}");
    }
    return topics;
  }

  /** A cursor counts before {@code from}, which is what a client without one may say. */
  private static Start start(HttpExchange exchange) {
    String cursor = exchange.lastEventId();
    if (cursor != null) return Start.after(cursor);
    String from = exchange.query("from");
    if (from == null || from.equals("now")) return Start.NOW;
    if (from.equals("oldest")) return Start.OLDEST;
    if (from.equals("latest")) return Start.LATEST;
    throw new IllegalArgumentException("from=" + from + " is none of now, oldest, latest");
  }

  private static boolean opening(HttpExchange exchange) {
    String open = exchange.query("open");
    if (open == null || open.equals("yes")) return true;
    if (open.equals("no")) return false;
    throw new IllegalArgumentException("open=" + open + " is neither yes nor no");
  }

  /** A poll that ends without an event has its position from the opening, and from nothing else. */
  private static void requirePosition(SubscriptionRequest request) {
    if (request.opening() || !request.start().equals(Start.NOW)) return;
    throw new IllegalArgumentException(
        "open=no leaves a poll without a cursor no position to go on from: events would be lost");
  }

  private static Heartbeat heartbeat(HttpExchange exchange) {
    String heartbeat = exchange.query("heartbeat");
    if (heartbeat == null || heartbeat.equals("comment")) return Heartbeat.COMMENT;
    if (heartbeat.equals("event")) return Heartbeat.EVENT;
    throw new IllegalArgumentException("heartbeat=" + heartbeat + " is neither comment nor event");
  }

  /** RFC 9110, 12.5.1, as far as it matters here: is the type, or a range with it, not excluded? */
  static boolean isStreamAccepted(@Nullable String accept) {
    if (accept == null || accept.isBlank()) return true;
    double best = 0;
    int bestRank = 0;
    for (String range : accept.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] parts = range.split(";", -1);
      int rank = List.of("*/*", "text/*", "text/event-stream").indexOf(parts[0].strip()) + 1;
      if (rank <= bestRank) continue;
      bestRank = rank;
      best = quality(parts);
    }
    return best > 0;
  }

  private static double quality(String[] parts) {
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip();
      if (parameter.matches("q=0(\\.0*)?")) return 0;
    }
    return 1;
  }

  // ---------------------------------------------------------------- publish

  private void publish(HttpExchange exchange) {
    if (!server.cors().mayPublish(exchange)) {
      exchange.problem(
          403,
          "Forbidden",
          "a page of "
              + exchange.header(HttpHeaderNames.ORIGIN)
              + " may not publish here: see cors-origin");
      return;
    }
    if (!server.mayPublish(exchange)) {
      unauthorized(exchange, "publishing needs a token: Authorization: Bearer <token>");
      return;
    }
    boolean isBatch = JsonLines.isTypeOf(exchange.header(HttpHeaderNames.CONTENT_TYPE));
    Topic topic = null;
    if (exchange.path().length() > PREFIX.length()) {
      topic = new Topic(exchange.path().substring(PREFIX.length()));
    }
    try {
      if (isBatch) {
        publishBatch(exchange, topic)
            .whenComplete((receipts, failure) -> answerBatch(exchange, receipts, failure));
      } else if (topic != null) {
        publish(exchange, topic)
            .whenComplete((receipt, failure) -> answer(exchange, receipt, failure));
      } else {
        throw new IllegalArgumentException("no topic: POST /events/{topic}");
      }
    } catch (TooManyTopicsException | HubClosedException e) {
      refuse(exchange, e);
    } catch (JsonLines.TooManyLinesException e) {
      exchange.problem(413, "Batch too large", String.valueOf(e.getMessage()));
    }
  }

  /** Publishes what has passed every check of a request. */
  CompletableFuture<Receipt> publish(Topic topic, Event event) {
    try {
      return hub.publish(topic, event);
    } catch (IllegalArgumentException | TooManyTopicsException | HubClosedException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletableFuture<List<Receipt>> publishBatch(
      HttpExchange exchange, @Nullable Topic topic) {
    for (String parameter : List.of("event", "id", "complete")) {
      if (exchange.query(parameter) == null) continue;
      throw new IllegalArgumentException(
          "?" + parameter + "= is for one event; in a batch each line says its own");
    }
    List<TopicEvent> events = JsonLines.read(exchange.body(), topic);
    try {
      return hub.publishAll(events, exchange.header("Idempotency-Key"));
    } catch (EventInBatchRefusedException e) {
      throw new IllegalArgumentException("line " + (e.index() + 1) + ": " + e.getMessage(), e);
    }
  }

  private CompletableFuture<Receipt> publish(HttpExchange exchange, Topic topic) {
    String key = exchange.header("Idempotency-Key");
    if ("true".equals(exchange.query("complete"))) {
      return hub.complete(topic, exchange.body().length == 0 ? null : event(exchange), key);
    }
    Event event = event(exchange);
    return key == null ? hub.publish(topic, event) : hub.publish(topic, event, key);
  }

  private static Event event(HttpExchange exchange) {
    String type = exchange.query("event");
    return new Event(
        type == null ? Event.MESSAGE : type, text(exchange.body()), exchange.query("id"));
  }

  private static String text(byte[] body) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("the body is not UTF-8, which events are", e);
    }
  }

  private static void answer(
      HttpExchange exchange, @Nullable Receipt receipt, @Nullable Throwable failure) {
    if (receipt == null) {
      refuse(exchange, failure);
      return;
    }
    exchange.json(200, json(receipt).getBytes(UTF_8));
  }

  /** The answer to a publish. */
  static String json(Receipt receipt) {
    return "{\"id\":" + Problem.quoted(receipt.id()) + kept(receipt);
  }

  private static void answerBatch(
      HttpExchange exchange, @Nullable List<Receipt> receipts, @Nullable Throwable failure) {
    if (receipts == null) {
      refuse(exchange, failure);
      return;
    }
    var json = new StringBuilder("{\"ids\":");
    char before = '[';
    for (Receipt receipt : receipts) {
      json.append(before).append(Problem.quoted(receipt.id()));
      before = ',';
    }
    json.append(']').append(kept(receipts.get(0)));
    exchange.json(200, json.toString().getBytes(UTF_8));
  }

  private static String kept(Receipt receipt) {
    return switch (receipt.kept()) {
      case MEMORY -> ",\"kept\":\"memory\"}\n";
      case DISK -> ",\"kept\":\"disk\"}\n";
    };
  }

  /** Says why what was to be published is not kept, or that this is not known. */
  static void refuse(HttpExchange exchange, @Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    String detail = String.valueOf(cause == null ? null : cause.getMessage());
    if (cause instanceof TopicCompletedException) exchange.problem(409, "Topic complete", detail);
    else if (cause instanceof IdempotencyKeyReusedException)
      exchange.problem(422, "Key reused", detail);
    else if (cause instanceof HistoryFullException) exchange.problem(507, "No room", detail);
    else if (cause instanceof HistoryBusyException) exchange.problem(503, "Busy", detail);
    else if (cause instanceof HistoryFailedException)
      exchange.problem(503, "History failed", detail);
    else if (cause instanceof TooManyTopicsException)
      exchange.problem(503, "Too many topics", detail);
    else if (cause instanceof HubClosedException) exchange.problem(503, "Stopping", detail);
    else if (cause instanceof IllegalArgumentException)
      exchange.problem(400, "Bad request", detail);
    else
      exchange.problem(500, "Not known to be kept", "the event may or may not be kept: " + detail);
  }

  private static void unauthorized(HttpExchange exchange, String detail) {
    Problem problem = new Problem(401, "Unauthorized", detail);
    var response = HttpExchange.response(401, Problem.CONTENT_TYPE, problem.json());
    response.headers().set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer");
    exchange.respond(response);
  }

  /** How the events reach a client. */
  enum Transport {
    STREAM,
    LONG_POLL,
    POLL,
    WEBSOCKET;

    /** By the name in the query; a WebSocket also by its handshake, whole or not. */
    static Transport of(HttpExchange exchange) {
      String name = exchange.query("transport");
      if (name == null) return WebSocketHandshake.isBegun(exchange) ? WEBSOCKET : STREAM;
      return named(name);
    }

    private static Transport named(String name) {
      return switch (name) {
        case "sse" -> STREAM;
        case "long-poll" -> LONG_POLL;
        case "poll" -> POLL;
        case "websocket" -> WEBSOCKET;
        default ->
            throw new IllegalArgumentException(
                "transport=" + name + " is none of sse, long-poll, poll, websocket");
      };
    }

    boolean isPoll() {
      return this == LONG_POLL || this == POLL;
    }
  }
}
