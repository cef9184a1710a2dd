package io.runnel.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.eventstream.Event;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A batch of events as JSON lines, for {@link Hub#publishAll}: each line a {@link JsonLine}. */
public final class JsonLines {
  private static final Set<String> CONTENT_TYPES =
      Set.of("application/x-ndjson", "application/jsonl", "application/json-lines");

  private final @Nullable Topic topic;
  private final List<TopicEvent> events = new ArrayList<>();

  private JsonLines(@Nullable Topic topic) {
    this.topic = topic;
  }

  /** Whether a content type, with its parameters, is one under which JSON lines are sent. */
  public static boolean isTypeOf(@Nullable String contentType) {
    return contentType != null
        && CONTENT_TYPES.contains(contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT));
  }

  /**
   * The events of a body in UTF-8, of which each line ends with LF, CRLF or the body.
   *
   * @param topic where they all go; null if each names its own
   * @throws IllegalArgumentException if a line is none; the message names it
   * @throws TooManyLinesException if there are more than {@link Hub#MAX_BATCH}
   */
  public static List<TopicEvent> read(byte[] body, @Nullable Topic topic) {
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
      JsonLine read = JsonLine.of(UTF_8.newDecoder().decode(line).toString(), Event.MESSAGE);
      events.add(new TopicEvent(topicOf(read), read.event()));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("line " + number + ": it is not UTF-8", e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("line " + number + ": " + e.getMessage(), e);
    }
  }

  private Topic topicOf(JsonLine line) {
    Topic own = line.topic();
    if (topic == null) {
      if (own != null) return own;
      throw new IllegalArgumentException("it has no topic, nor has the address");
    }
    if (own != null && !own.equals(topic)) {
      throw new IllegalArgumentException(
          "its topic is \"" + own + "\", and the address says \"" + topic + "\"");
    }
    return topic;
  }

  /** The batch has more lines than may be published at once. */
  public static final class TooManyLinesException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooManyLinesException() {
      super("line " + (Hub.MAX_BATCH + 1) + ": a batch has at most " + Hub.MAX_BATCH + " lines");
    }
  }
}
