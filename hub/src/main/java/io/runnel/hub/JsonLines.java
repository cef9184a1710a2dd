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
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * A batch of events as JSON lines: one object a line, {@code {"data":"...","event":"...","id":
 * "...","topic":"..."}}, of which only {@code data} is a must. Data that is no string but any other
 * JSON is published as it is written. {@code type} says the same as {@code event}: it is what
 * {@code subscribe --json} prints.
 */
final class JsonLines {
  private static final Set<String> CONTENT_TYPES =
      Set.of("application/x-ndjson", "application/jsonl", "application/json-lines");

  private static final List<String> KEYS = List.of("data", "event", "id", "topic");

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // It would remember every name that a stranger ever sends.
          .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
          .build();

  private final @Nullable Topic topic;
  private final List<TopicEvent> events = new ArrayList<>();

  private JsonLines(@Nullable Topic topic) {
    this.topic = topic;
  }

  /** Whether the request's body is one. */
  static boolean isBodyOf(HttpExchange exchange) {
    String type = exchange.header(HttpHeaderNames.CONTENT_TYPE);
    return type != null
        && CONTENT_TYPES.contains(type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT));
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
    } catch (JacksonException e) {
      throw new IllegalArgumentException("line " + number + ": " + reason(e), e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("line " + number + ": " + e.getMessage(), e);
    }
  }

  private static String reason(JacksonException e) {
    return "it is no JSON object: " + e.getOriginalMessage();
  }

  private TopicEvent event(String line) {
    if (line.isBlank()) throw new IllegalArgumentException("it is empty");
    String data = null;
    String type = Event.MESSAGE;
    String id = null;
    String name = null;
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), line)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IllegalArgumentException("it is no JSON object");
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (key) {
          case "data" -> data = data(parser, value, line);
          case "event", "type" -> type = string(parser, key, value);
          case "id" -> id = string(parser, key, value);
          case "topic" -> name = string(parser, key, value);
          default ->
              throw new IllegalArgumentException(
                  "unknown key '" + key + "'" + Nearest.suggestion(key, KEYS));
        }
      }
      if (parser.nextToken() != null) {
        throw new IllegalArgumentException("it has more than one JSON object");
      }
    }
    if (data == null) throw new IllegalArgumentException("it has no data");
    return new TopicEvent(topic(name), new Event(type, data, id));
  }

  private static String data(JsonParser parser, JsonToken value, String line) {
    if (value == JsonToken.VALUE_STRING) return parser.getString();
    if (value == JsonToken.VALUE_NULL) throw new IllegalArgumentException("its data is null");
    int begin = (int) parser.currentTokenLocation().getCharOffset();
    parser.skipChildren();
    parser.finishToken();
    return line.substring(begin, (int) parser.currentLocation().getCharOffset());
  }

  private static String string(JsonParser parser, String key, JsonToken value) {
    if (value == JsonToken.VALUE_STRING) return parser.getString();
    throw new IllegalArgumentException("its " + key + " is no string");
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
