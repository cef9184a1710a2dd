package io.runnel.eventstream;

import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A case of {@code conformance/event-stream/cases.json}: bytes, and what they mean. */
record ConformanceCase(String name, List<byte[]> chunks, Meaning meaning) {
  /** What a receiver has at the end of the stream; the reconnection time in milliseconds. */
  record Meaning(List<Event> events, @Nullable Long retry, String lastEventId) {}

  static List<ConformanceCase> all() {
    var file = Path.of("..", "conformance", "event-stream", "cases.json");
    var cases = new ArrayList<ConformanceCase>();
    for (JsonNode node : JsonMapper.shared().readTree(file)) cases.add(of(node));
    return cases;
  }

  byte[] joined() {
    var all = new ByteArrayOutputStream();
    chunks.forEach(all::writeBytes);
    return all.toByteArray();
  }

  @Override
  public String toString() {
    return name;
  }

  private static ConformanceCase of(JsonNode node) {
    var chunks = new ArrayList<byte[]>();
    for (JsonNode chunk : node.required("chunks")) {
      chunks.add(Base64.getDecoder().decode(chunk.stringValue()));
    }
    var events = new ArrayList<Event>();
    for (JsonNode event : node.required("events")) {
      events.add(
          Event.received(
              event.required("type").stringValue(),
              event.required("data").stringValue(),
              event.required("lastEventId").stringValue()));
    }
    JsonNode retry = node.required("retry");
    return new ConformanceCase(
        node.required("name").stringValue(),
        chunks,
        new Meaning(
            events,
            retry.isNull() ? null : retry.longValue(),
            node.required("lastEventIdAfter").stringValue()));
  }
}
