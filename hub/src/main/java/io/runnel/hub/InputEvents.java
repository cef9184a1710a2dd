package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.engine.JsonLine;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import org.jspecify.annotations.Nullable;

/**
 * The events that stand in an input: all of it as one, or one a line, plain or JSON. Read one after
 * the other, so that an input may be longer than memory; a single event may not.
 */
final class InputEvents {
  /** What no event of a hub can be longer than, whatever it is configured to. */
  private static final int LONGEST = 16 << 20;

  private final InputStream in;
  private final String topic;
  private final String type;
  private final byte[] buffer = new byte[64 << 10];
  private int next;
  private int end;
  private long bytesRead;
  private long lines;

  /** An event, where it goes, and the number of its line; 0 if it stood in none. */
  record Addressed(String topic, Event event, long line) {}

  /** Topic and type are what an event has that does not name its own. */
  InputEvents(InputStream in, String topic, @Nullable String type) {
    this.in = in;
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
    return line == null ? null : new Addressed(topic, new Event(type, line, null), lines);
  }

  /**
   * The next line as a {@link JsonLine}, or null at the end. Blank lines are left out.
   *
   * @throws IllegalArgumentException if the line is none
   */
  @Nullable Addressed nextJson() throws IOException {
    String line;
    do {
      line = readLine();
      if (line == null) return null;
    } while (line.isBlank());
    JsonLine json = JsonLine.of(line, type);
    Topic own = json.topic();
    return new Addressed(own == null ? topic : own.name(), json.event(), lines);
  }

  /** Whether there is another line that can be read without waiting for it to be written. */
  boolean hasLine() throws IOException {
    int from = next;
    while (true) {
      for (int i = from; i < end; i++) {
        if (buffer[i] == '\n') return true;
      }
      if (in.available() == 0 || end - next == buffer.length) return false;
      System.arraycopy(buffer, next, buffer, 0, end - next);
      end -= next;
      next = 0;
      from = end;
      int read = in.read(buffer, end, buffer.length - end);
      if (read < 0) return false;
      end += read;
    }
  }

  private @Nullable String readLine() throws IOException {
    var line = new ByteArrayOutputStream();
    boolean isEnded = false;
    while (!isEnded && fill()) {
      int from = next;
      while (next < end && buffer[next] != '\n') next++;
      line.write(buffer, from, next - from);
      if (line.size() > LONGEST) throw tooLong("line " + (lines + 1));
      isEnded = next < end;
      if (isEnded) next++;
      bytesRead += next - from;
    }
    if (!isEnded && line.size() == 0) return null;
    lines++;
    byte[] bytes = line.toByteArray();
    boolean endsWithCr = bytes.length > 0 && bytes[bytes.length - 1] == '\r';
    return text(bytes, endsWithCr ? bytes.length - 1 : bytes.length, "line " + lines);
  }

  /** Waits for more if all was read; false at the end. */
  private boolean fill() throws IOException {
    if (next < end) return true;
    next = 0;
    end = Math.max(0, in.read(buffer));
    return end > 0;
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
