package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.eventstream.Event;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * The events that stand in an input: all of it as one, or one a line, plain or JSON. Read one after
 * the other, so that an input may be longer than memory; a single event may not.
 */
final class InputEvents {
  /** What no event of a hub can be longer than, whatever it is configured to. */
  private static final int LONGEST = 16 << 20;

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final InputStream in;
  private final String topic;
  private final String type;
  private long bytesRead;
  private long lines;

  /** An event and where it goes. */
  record Addressed(String topic, Event event) {}

  /** Topic and type are what an event has that does not name its own. */
  InputEvents(InputStream in, String topic, @Nullable String type) {
    this.in = new BufferedInputStream(in);
    this.topic = topic;
    this.type = type == null ? Event.MESSAGE : type;
  }

  /** How many bytes were read. */
  long bytesRead() {
    return bytesRead;
  }

  /** The number of the line that was read last. */
  long line() {
    return lines;
  }

  /** All of the input, less its last line's end. */
  String whole() throws IOException {
    byte[] bytes = in.readNBytes(LONGEST + 1);
    if (bytes.length > LONGEST) throw tooLong("standard input");
    int end = bytes.length;
    if (end > 0 && bytes[end - 1] == '\n') end--;
    if (end > 0 && end < bytes.length && bytes[end - 1] == '\r') end--;
    return text(bytes, end, "standard input");
  }

  /** The next line as an event's data, or null at the end. An empty line is an event as well. */
  @Nullable Addressed nextLine() throws IOException {
    String line = readLine();
    return line == null ? null : new Addressed(topic, new Event(type, line, null));
  }

  /**
   * The next line as a JSON object, or null at the end: {@code data}, which is any value, and if
   * they are there {@code type} (or {@code event}), {@code id} and {@code topic}. What {@code
   * subscribe --json} prints is that. Blank lines are left out.
   *
   * @throws ConfigException if the line is no such object
   */
  @Nullable Addressed nextJson() throws IOException, ConfigException {
    String line;
    do {
      line = readLine();
      if (line == null) return null;
    } while (line.isBlank());
    try {
      return parse(line);
    } catch (JacksonException e) {
      throw new ConfigException("line " + lines + " is no JSON: " + e.getOriginalMessage());
    } catch (IllegalArgumentException e) {
      throw new ConfigException("line " + lines + ": " + e.getMessage());
    }
  }

  private Addressed parse(String line) {
    String toTopic = topic;
    String ofType = type;
    String id = null;
    String data = null;
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), line)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new IllegalArgumentException(
            "it must be a JSON object, such as {\"data\": \"hello\"}");
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        if (name.equals("data")) {
          data = value == JsonToken.VALUE_STRING ? json.getString() : asWritten(json, line);
          continue;
        }
        if (value == JsonToken.VALUE_NULL) continue;
        if (value != JsonToken.VALUE_STRING) {
          throw new IllegalArgumentException("\"" + name + "\" must be a string");
        }
        switch (name) {
          case "type", "event" -> ofType = json.getString();
          case "id" -> id = json.getString();
          case "topic" -> toTopic = json.getString();
          default ->
              throw new IllegalArgumentException(
                  "\"" + name + "\" is none of data, type, event, id, topic");
        }
      }
      if (json.nextToken() != null) throw new IllegalArgumentException("more than one object");
    }
    if (data == null) throw new IllegalArgumentException("it has no \"data\"");
    return new Addressed(toTopic, new Event(ofType, data, id));
  }

  /** An object as the data of an event is JSON again, and its numbers stay what they are. */
  private static String asWritten(JsonParser json, String line) {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      throw new IllegalArgumentException("its \"data\" is null");
    }
    int begin = (int) json.currentTokenLocation().getCharOffset();
    json.skipChildren();
    json.finishToken();
    return line.substring(begin, (int) json.currentLocation().getCharOffset());
  }

  private @Nullable String readLine() throws IOException {
    var line = new ByteArrayOutputStream();
    int b;
    while ((b = in.read()) >= 0) {
      bytesRead++;
      if (b == '\n') break;
      if (line.size() == LONGEST) throw tooLong("line " + (lines + 1));
      line.write(b);
    }
    if (b < 0 && line.size() == 0) return null;
    lines++;
    byte[] bytes = line.toByteArray();
    boolean endsWithCr = bytes.length > 0 && bytes[bytes.length - 1] == '\r';
    return text(bytes, endsWithCr ? bytes.length - 1 : bytes.length, "line " + lines);
  }

  private static String text(byte[] bytes, int length, String what) throws IOException {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, length)).toString();
    } catch (CharacterCodingException e) {
      throw new IOException(what + " is not UTF-8, which events are", e);
    }
  }

  private static IOException tooLong(String what) {
    return new IOException(what + " is longer than 16 MiB, which no event is");
  }
}
