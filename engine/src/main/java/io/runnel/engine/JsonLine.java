package io.runnel.engine;

import io.runnel.eventstream.Event;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An event as a line of JSON: {@code {"data":"...","event":"...","id":"...","topic":"..."}}, of
 * which only {@code data} is a must. Data that is no string but any other JSON is published as it
 * is written. {@code type} says the same as {@code event}: it is what {@code runnel subscribe
 * --json} prints. A type, id or topic that is null is not said.
 *
 * @param topic the topic that it names, or null
 * @param event the event
 */
public record JsonLine(@Nullable Topic topic, Event event) {
  /**
   * The event of a line.
   *
   * @param type its type if it names none
   * @throws IllegalArgumentException if it is none; the message says why
   */
  public static JsonLine of(String line, String type) {
    if (line.isBlank()) throw new IllegalArgumentException("it is empty");
    var members = new Members(line);
    if (members.data == null) throw new IllegalArgumentException("it has no data");
    return new JsonLine(
        members.topic == null ? null : new Topic(members.topic),
        new Event(members.type == null ? type : members.type, members.data, members.id));
  }

  /** What the one object of the line says. */
  private static final class Members {
    private final JsonReader json;
    private final Set<String> seen = new HashSet<>();
    private @Nullable String data;
    private @Nullable String type;
    private @Nullable String id;
    private @Nullable String topic;

    Members(String line) {
      json = new JsonReader(line);
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
        default ->
            throw new IllegalArgumentException(
                "unknown key '" + name + "': a line has data, event, id and topic");
      }
    }

    private String data() {
      if (json.isString()) return json.string();
      String written = json.asWritten();
      if (written.equals("null")) throw new IllegalArgumentException("its data is null");
      return written;
    }

    private @Nullable String string(String name) {
      if (json.isString()) return json.string();
      if (json.asWritten().equals("null")) return null;
      throw new IllegalArgumentException("its " + name + " is no string");
    }
  }
}
