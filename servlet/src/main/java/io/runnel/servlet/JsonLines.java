package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.engine.Hub;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicEvent;
import io.runnel.eventstream.Event;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A batch of events as JSON lines, as the stand-alone hub takes it: one object a line, {@code
 * {"data":"...","event":"...","id":"...","topic":"..."}}, of which only {@code data} is a must.
 * Data that is no string but any other JSON is published as it is written.
 */
final class JsonLines {
  private static final Set<String> CONTENT_TYPES =
      Set.of("application/x-ndjson", "application/jsonl", "application/json-lines");

  private final @Nullable Topic topic;
  private final List<TopicEvent> events = new ArrayList<>();

  private JsonLines(@Nullable Topic topic) {
    this.topic = topic;
  }

  /** Whether a body of the content type is one. */
  static boolean isBodyOf(@Nullable String contentType) {
    return contentType != null
        && CONTENT_TYPES.contains(contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT));
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
      String text = UTF_8.newDecoder().decode(line).toString();
      if (text.isBlank()) throw new IllegalArgumentException("it is empty");
      events.add(new Line(text).event(topic));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("line " + number + ": it is not UTF-8", e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("line " + number + ": " + e.getMessage(), e);
    }
  }

  /** What one object says. */
  private static final class Line {
    private final JsonReader json;
    private final Set<String> seen = new HashSet<>();
    private @Nullable String data;
    private String type = Event.MESSAGE;
    private @Nullable String id;
    private @Nullable String topic;

    Line(String text) {
      json = new JsonReader(text);
      json.object(this::member);
    }

    private void member(String name) {
      if (!seen.add(name)) {
        throw new IllegalArgumentException("it is no JSON object: \"" + name + "\" is there twice");
      }
      switch (name) {
        case "data" -> data = data();
        case "event", "type" -> type = string(name);
        case "id" -> id = string(name);
        case "topic" -> topic = string(name);
        default -> throw new IllegalArgumentException("unknown key '" + name + "'");
      }
    }

    private String data() {
      if (json.isNull()) throw new IllegalArgumentException("its data is null");
      return json.isString() ? json.string() : json.asWritten();
    }

    private String string(String name) {
      if (json.isString()) return json.string();
      json.asWritten();
      throw new IllegalArgumentException("its " + name + " is no string");
    }

    TopicEvent event(@Nullable Topic address) {
      if (data == null) throw new IllegalArgumentException("it has no data");
      return new TopicEvent(topic(address), new Event(type, data, id));
    }

    private Topic topic(@Nullable Topic address) {
      if (address == null) {
        if (topic != null) return new Topic(topic);
        throw new IllegalArgumentException("it has no topic, nor has the address");
      }
      if (topic != null && !address.name().equals(topic)) {
        throw new IllegalArgumentException(
            "its topic is " + Problem.quoted(topic) + ", and the address says \"" + address + "\"");
      }
      return address;
    }
  }

  /** The batch is over the limit of lines. */
  static final class TooManyLinesException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooManyLinesException() {
      super("line " + (Hub.MAX_BATCH + 1) + ": a batch has at most " + Hub.MAX_BATCH + " lines");
    }
  }
}
