package io.runnel.hub;

import io.runnel.eventstream.Event;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * A line that is an event: {@code {"data":"...","event":"...","id":"...","topic":"..."}}, of which
 * only {@code data} is a must. Data that is no string but any other JSON is published as it is
 * written. {@code type} says the same as {@code event}: it is what {@code subscribe --json} prints.
 *
 * @param topic the topic that it names, or null
 */
record JsonEvent(@Nullable String topic, Event event) {
  private static final List<String> KEYS = List.of("data", "event", "id", "topic", "type");

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // It would remember every name that a stranger ever sends.
          .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
          .build();

  /**
   * The event of a line.
   *
   * @param type its type if it names none
   * @throws IllegalArgumentException if it is none; the message says why
   */
  static JsonEvent of(String line, String type) {
    if (line.isBlank()) throw new IllegalArgumentException("it is empty");
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), line)) {
      return read(parser, line, type);
    } catch (JacksonException e) {
      throw new IllegalArgumentException("it is no JSON object: " + e.getOriginalMessage(), e);
    }
  }

  private static JsonEvent read(JsonParser parser, String line, String defaultType) {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new IllegalArgumentException("it is no JSON object");
    }
    String data = null;
    String type = null;
    String id = null;
    String topic = null;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (key) {
        case "data" -> data = data(parser, value, line);
        case "event", "type" -> type = string(parser, key, value);
        case "id" -> id = string(parser, key, value);
        case "topic" -> topic = string(parser, key, value);
        default ->
            throw new IllegalArgumentException(
                "unknown key '" + key + "'" + Nearest.suggestion(key, KEYS));
      }
    }
    if (parser.nextToken() != null) {
      throw new IllegalArgumentException("it has more than one JSON object");
    }
    if (data == null) throw new IllegalArgumentException("it has no data");
    return new JsonEvent(topic, new Event(type == null ? defaultType : type, data, id));
  }

  /** An object as the data of an event is JSON again, and its numbers stay what they are. */
  private static String data(JsonParser parser, JsonToken value, String line) {
    if (value == JsonToken.VALUE_STRING) return parser.getString();
    if (value == JsonToken.VALUE_NULL) throw new IllegalArgumentException("its data is null");
    int begin = (int) parser.currentTokenLocation().getCharOffset();
    parser.skipChildren();
    parser.finishToken();
    return line.substring(begin, (int) parser.currentLocation().getCharOffset());
  }

  /** What is null is as if it were not there. */
  private static @Nullable String string(JsonParser parser, String key, JsonToken value) {
    if (value == JsonToken.VALUE_STRING) return parser.getString();
    if (value == JsonToken.VALUE_NULL) return null;
    throw new IllegalArgumentException("its " + key + " is no string");
  }
}
