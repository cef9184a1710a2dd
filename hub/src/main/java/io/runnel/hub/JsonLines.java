package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.runnel.engine.Hub;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicEvent;
import io.runnel.eventstream.Event;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A batch of events as JSON lines: each line a {@link JsonEvent}. */
final class JsonLines {
  private static final Set<String> CONTENT_TYPES =
      Set.of("application/x-ndjson", "application/jsonl", "application/json-lines");

  private final @Nullable Topic topic;
  private final List<TopicEvent> events = new ArrayList<>();

  private JsonLines(@Nullable Topic topic) {
    this.topic = topic;
  }

  /** Whether the request's body is one. */
  static boolean isBodyOf(HttpExchange exchange) {
    String type = exchange.header(HttpHeaderNames.CONTENT_TYPE);
    return type != null && isTypeOf(type);
  }

  /** Whether a {@code Content-Type} says that the body is one. */
  static boolean isTypeOf(String type) {
    return CONTENT_TYPES.contains(type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT));
  }

  /**
   * The events of a body.
   *
   * @param topic where they all go; null if each names its own
   * @throws IllegalArgumentException if a line is none; the message names it
   * @throws TooManyLinesException if there are more than may be published at once
   */
  static List<TopicEvent> read(byte[] body, @Nullable Topic topic) {
    var lines = new JsonLines(topic);
    for (int begin = 0; begin < body.length; ) {
      int end = begin;
      while (end < body.length && body[end] != '\n') end++;
      lines.add(ByteBuffer.wrap(body, begin, end - begin));
      begin = end + 1;
    }
    if (lines.events.isEmpty()) throw new IllegalArgumentException("the batch has no line");
    return lines.events;
  }

  private void add(ByteBuffer line) {
    int number = events.size() + 1;
    if (number > Hub.MAX_BATCH) throw new TooManyLinesException();
    try {
      events.add(event(UTF_8.newDecoder().decode(line).toString()));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("line " + number + ": it is not UTF-8", e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("line " + number + ": " + e.getMessage(), e);
    }
  }

  private TopicEvent event(String line) {
    JsonEvent event = JsonEvent.of(line, Event.MESSAGE);
    return new TopicEvent(topic(event.topic()), event.event());
  }

  private Topic topic(@Nullable String name) {
    if (topic == null) {
      if (name != null) return new Topic(name);
      throw new IllegalArgumentException("it has no topic, nor has the address");
    }
    if (name != null && !topic.name().equals(name)) {
      throw new IllegalArgumentException(
          "its topic is " + Problem.quoted(name) + ", and the address says \"" + topic + "\"");
    }
    return topic;
  }

  /** The batch is over the limit of lines. */
  static final class TooManyLinesException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooManyLinesException() {
      super("line " + (Hub.MAX_BATCH + 1) + ": a batch has at most " + Hub.MAX_BATCH + " lines");
    }
  }
}
