package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.engine.EventInBatchRefusedException;
import io.runnel.engine.Hub;
import io.runnel.engine.HubClosedException;
import io.runnel.engine.JsonLines;
import io.runnel.engine.Receipt;
import io.runnel.engine.TooManyTopicsException;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicEvent;
import io.runnel.eventstream.Event;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a POST publishes: one event, the end of a topic, or a batch. One thread. */
final class Publish {
  /** Parameters that only a subscriber sends. */
  private static final List<String> OF_SUBSCRIBERS =
      List.of(
          "transport",
          "padding",
          "evs_preamble",
          "lastEventId",
          "lastEventID",
          "last_event_id",
          "evs_last_event_id");

  /** Parameters of one event. */
  private static final List<String> OF_ONE_EVENT = List.of("event", "id", "complete");

  private final Query query;
  private final @Nullable String key;
  private final @Nullable Topic topic;
  private final byte[] body;
  private final @Nullable List<TopicEvent> batch;

  /**
   * Reads it.
   *
   * @param topic what the address names; null if each line of a batch names its own
   * @throws IllegalArgumentException if it is not what can be published; the message says why
   * @throws JsonLines.TooManyLinesException if the batch is too long
   */
  Publish(HttpServletRequest request, @Nullable Topic topic, byte[] body) {
    query = new Query(request);
    key = Query.header(request, "Idempotency-Key");
    this.topic = topic;
    this.body = body;
    if (JsonLines.isTypeOf(request.getContentType())) {
      refuse(OF_ONE_EVENT, "is for one event; in a batch each line says its own");
      batch = JsonLines.read(body, topic);
    } else batch = null;
  }

  /** What the stand-alone hub would take for something else is not published as an event. */
  static void refuseWhatIsNone(HttpServletRequest request, @Nullable Topic topic) {
    var query = new Query(request);
    for (String parameter : OF_SUBSCRIBERS) {
      if (query.first(parameter) == null) continue;
      throw new IllegalArgumentException(
          parameter + "= is for subscribers: a POST that subscribes has _method=GET");
    }
    if (topic == null && !JsonLines.isTypeOf(request.getContentType())) {
      throw new IllegalArgumentException("no topic: POST " + request.getServletPath() + "/{topic}");
    }
  }

  private void refuse(List<String> parameters, String why) {
    for (String parameter : parameters) {
      if (query.first(parameter) == null) continue;
      throw new IllegalArgumentException("?" + parameter + "= " + why);
    }
  }

  /** The topics that it would publish to. */
  Set<Topic> topics() {
    var topics = new LinkedHashSet<Topic>();
    if (topic != null) topics.add(topic);
    if (batch != null) batch.forEach(event -> topics.add(event.topic()));
    return topics;
  }

  /** Publishes, and answers as soon as it is known how that went. */
  CompletableFuture<Answer> to(Hub hub) {
    if (batch != null) return answered(() -> batch(hub, batch), Publish::ids);
    return answered(
        () -> one(hub), receipt -> "\"id\":" + Problem.quoted(receipt.id()) + kept(receipt));
  }

  private CompletableFuture<List<Receipt>> batch(Hub hub, List<TopicEvent> events) {
    try {
      return hub.publishAll(events, key);
    } catch (EventInBatchRefusedException e) {
      throw new IllegalArgumentException("line " + (e.index() + 1) + ": " + e.getMessage(), e);
    }
  }

  private CompletableFuture<Receipt> one(Hub hub) {
    Topic topic = topics().iterator().next();
    if ("true".equals(query.first("complete"))) {
      return hub.complete(topic, body.length == 0 ? null : event(), key);
    }
    Event event = event();
    return key == null ? hub.publish(topic, event) : hub.publish(topic, event, key);
  }

  private Event event() {
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

  // ---------------------------------------------------------------- the answer

  private interface Members<T> {
    String of(T receipt);
  }

  private static <T> CompletableFuture<Answer> answered(
      Supplier<CompletableFuture<T>> publish, Members<T> members) {
    CompletableFuture<T> receipt;
    try {
      receipt = publish.get();
    } catch (TooManyTopicsException | HubClosedException e) {
      receipt = CompletableFuture.failedFuture(e);
    }
    return receipt.handle(
        (kept, failure) -> {
          if (kept == null) return Problem.ofPublish(cause(failure)).answer();
          return Answer.ofJson(("{" + members.of(kept) + "}\n").getBytes(UTF_8));
        });
  }

  private static Throwable cause(@Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause == null ? new IllegalStateException("no answer") : cause;
  }

  private static String ids(List<Receipt> receipts) {
    var json = new StringBuilder("\"ids\":");
    char before = '[';
    for (Receipt receipt : receipts) {
      json.append(before).append(Problem.quoted(receipt.id()));
      before = ',';
    }
    return json.append(']').append(kept(receipts.get(0))).toString();
  }

  private static String kept(Receipt receipt) {
    return ",\"kept\":\"" + receipt.kept().name().toLowerCase(Locale.ROOT) + "\"";
  }
}
