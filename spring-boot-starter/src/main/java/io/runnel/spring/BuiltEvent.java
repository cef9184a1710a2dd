package io.runnel.spring;

import io.runnel.eventstream.Event;
import io.runnel.servlet.Emitter;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter.DataWithMediaType;

/**
 * What {@code SseEmitter.event()} built, taken apart again.
 *
 * <p>The builder gives pieces in turn: text with the lines of fields, which ends in {@code data:},
 * and data. It writes fields without a space behind the colon, which would cost a value its own
 * leading space, so the values are taken out and encoded as Runnel does.
 */
final class BuiltEvent {
  private static final String DATA = "data:";

  private final List<String> comments = new ArrayList<>();
  private final List<String> data = new ArrayList<>();
  private @Nullable String type;
  private @Nullable String id;
  private @Nullable Duration reconnectionTime;

  /** Writes what is no text. */
  interface DataWriter {
    String write(Object data, @Nullable MediaType mediaType) throws IOException;
  }

  private BuiltEvent() {}

  /**
   * Takes an event apart.
   *
   * @throws IOException if data cannot be written
   */
  static BuiltEvent of(Set<DataWithMediaType> pieces, DataWriter writer) throws IOException {
    var event = new BuiltEvent();
    boolean isData = false;
    for (DataWithMediaType piece : pieces) {
      Object content = piece.getData();
      if (isData) {
        event.data.add(dataOf(content, piece.getMediaType(), writer));
        isData = false;
      } else if (content instanceof String lines) {
        isData = event.readLines(lines);
      } else {
        event.data.add(writer.write(content, piece.getMediaType()));
      }
    }
    return event;
  }

  /** Text of several lines has got a field name before each line but the first. */
  private static String dataOf(Object content, @Nullable MediaType mediaType, DataWriter writer)
      throws IOException {
    if (content instanceof String text) return text.replace('\n' + DATA, "\n");
    return writer.write(content, mediaType);
  }

  /** True if the data of the last line is the next piece. */
  private boolean readLines(String lines) {
    boolean endsInData = false;
    for (String line : lines.split("\n", -1)) {
      endsInData = line.equals(DATA);
      if (line.startsWith(":")) comments.add(line.substring(1));
      else if (line.startsWith("id:")) id = line.substring(3);
      else if (line.startsWith("event:")) type = line.substring(6);
      else if (line.startsWith("retry:")) reconnectionTime = milliseconds(line.substring(6));
    }
    return endsInData;
  }

  private static Duration milliseconds(String number) {
    return Duration.ofMillis(Long.parseLong(number));
  }

  @Nullable String id() {
    return id;
  }

  boolean hasData() {
    return !data.isEmpty();
  }

  /** Sends it; without data of its own there is no event, as the standard has it. */
  void sendTo(Emitter emitter, @Nullable String idLeft) throws IOException {
    if (reconnectionTime != null) emitter.retry(reconnectionTime);
    if (!comments.isEmpty()) emitter.comment(String.join("\n", comments));
    if (!hasData()) return;
    emitter.send(
        new Event(
            type == null ? Event.MESSAGE : type,
            String.join("\n", data),
            id == null ? idLeft : id));
  }
}
