package io.runnel.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.eventstream.Event;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What one request publishes, the same at each attempt.
 *
 * @param type the media type of the body
 * @param longestAnswer what an acknowledgement cannot be longer than, in bytes
 * @param reader reads an acknowledgement; null if it is none
 * @param <R> what acknowledges it
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared, and the bytes are never written to.
record Content<R>(
    URI uri,
    String type,
    byte[] body,
    int longestAnswer,
    Function<Map<String, Object>, @Nullable R> reader) {
  private static final int LONGEST_ANSWER = 64 << 10;

  /** Ids have at most 256 bytes, of which each may be escaped. */
  private static final int LONGEST_ID = 2 << 10;

  /** One event, whose type and id are in the address. */
  static Content<Receipt> of(URI uri, Event event) {
    return new Content<>(
        uri,
        "text/plain; charset=utf-8",
        event.data().getBytes(UTF_8),
        LONGEST_ANSWER,
        said ->
            said.get("id") instanceof String id && said.get("kept") instanceof String kept
                ? new Receipt(id, kept)
                : null);
  }

  /** Many events, each a line. */
  static Content<List<Receipt>> of(URI uri, List<Event> events) {
    var lines = new StringBuilder();
    for (Event event : events) {
      lines.append("{\"data\":").append(Json.quoted(event.data()));
      if (!event.type().equals(Event.MESSAGE)) {
        lines.append(",\"event\":").append(Json.quoted(event.type()));
      }
      String id = event.id();
      if (id != null && !id.isEmpty()) lines.append(",\"id\":").append(Json.quoted(id));
      lines.append("}\n");
    }
    return new Content<>(
        uri,
        "application/x-ndjson",
        lines.toString().getBytes(UTF_8),
        LONGEST_ANSWER + events.size() * LONGEST_ID,
        said -> receipts(said, events.size()));
  }

  private static @Nullable List<Receipt> receipts(Map<String, Object> said, int count) {
    if (!(said.get("ids") instanceof List<?> ids) || ids.size() != count) return null;
    if (!(said.get("kept") instanceof String kept)) return null;
    var receipts = new ArrayList<Receipt>(count);
    for (Object id : ids) {
      if (!(id instanceof String text)) return null;
      receipts.add(new Receipt(text, kept));
    }
    return List.copyOf(receipts);
  }

  /** The acknowledgement that an answer is; null if it is none. */
  @Nullable R receipt(Map<String, Object> said) {
    return reader.apply(said);
  }
}
