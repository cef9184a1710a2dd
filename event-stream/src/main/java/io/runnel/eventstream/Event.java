package io.runnel.eventstream;

import static java.util.Objects.requireNonNull;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One event of an event stream, exactly as a receiver sees it: a value, safe for any thread.
 *
 * <p>An event is safe from the moment it is made: what cannot stand on the wire is refused (a line
 * break or NUL in {@code type} or {@code id}) or takes the form in which it will arrive (CR and
 * CRLF in {@code data} become LF, a lone surrogate becomes U+FFFD). So {@code
 * decode(encode(event))} equals {@code event}, whoever wrote its text.
 *
 * <p>Not a record, because a record has one constructor for everybody: a sender's event is checked,
 * while a received one is taken as the standard means it, and the standard lets a type contain NUL.
 */
public final class Event {
  /** The type of an event that names none: what {@code onmessage} hears. */
  public static final String MESSAGE = "message";

  private final String type;
  private final String data;
  private final @Nullable String id;

  /**
   * Checks and normalises.
   *
   * @param type the event type; an empty one is {@value #MESSAGE}
   * @param data the payload: any text; CR and CRLF become LF
   * @param id the last event ID that a receiver shall remember; empty resets it, null leaves it
   *     alone
   * @throws IllegalArgumentException if the type or the id has CR, LF or NUL
   */
  public Event(String type, String data, @Nullable String id) {
    this(requireNonNull(type, "type"), requireNonNull(data, "data"), id, false);
  }

  private Event(String type, String data, @Nullable String id, boolean alreadyChecked) {
    this.type = alreadyChecked ? type : checkType(type);
    this.data = alreadyChecked ? data : normalised(data);
    this.id = alreadyChecked || id == null ? id : checkId(id);
  }

  /** The event that a parser read: decoding made it well formed, and its type may have NUL. */
  static Event received(String type, String data, String lastEventId) {
    return new Event(type, data, lastEventId, true);
  }

  /** An event of type {@value #MESSAGE} without an id. */
  public static Event of(String data) {
    return new Event(MESSAGE, data, null);
  }

  /** An event without an id. */
  public static Event of(String type, String data) {
    return new Event(type, data, null);
  }

  /** This event under another id. */
  public Event withId(@Nullable String id) {
    return new Event(type, data, id == null ? null : checkId(id), true);
  }

  /**
   * Whether a client can give the id back in the header {@code Last-Event-ID}. A stream may say
   * more: but a server refuses a header with a control character in it, and an {@code EventSource}
   * then gives up for good; and spaces at the ends of a header are lost (RFC 9110, 5.5).
   */
  public static boolean fitsIntoHeader(String id) {
    if (id.startsWith(" ") || id.endsWith(" ")) return false;
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      if (c < ' ' || c == 0x7f) return false;
    }
    return true;
  }

  /** The event type, never empty. */
  public String type() {
    return type;
  }

  /** The payload: any text, lines divided by LF. */
  public String data() {
    return data;
  }

  /**
   * The last event ID that a receiver shall remember; empty resets it, null leaves it alone. In an
   * event that was received it is the last event ID of the stream, never null.
   */
  public @Nullable String id() {
    return id;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Event event
        && type.equals(event.type)
        && data.equals(event.data)
        && Objects.equals(id, event.id);
  }

  @Override
  public int hashCode() {
    return Objects.hash(type, data, id);
  }

  @Override
  public String toString() {
    return "Event[type=" + type + ", data=" + data + ", id=" + id + "]";
  }

  /** The id as a receiver will see it. */
  static String checkId(String id) {
    refuseLineBreaks("event id", id);
    return scalarValues(id);
  }

  private static String checkType(String type) {
    refuseLineBreaks("event type", type);
    return type.isEmpty() ? MESSAGE : scalarValues(type);
  }

  /**
   * NUL is refused in a type as well: the standard forbids it only in an id, but a type that some
   * receivers cut short and others do not is no name.
   */
  private static void refuseLineBreaks(String what, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\r' || c == '\n' || c == 0) {
        String name = c == '\r' ? "CR" : c == '\n' ? "LF" : "NUL";
        throw new IllegalArgumentException(
            what + " has " + name + " at index " + i + "; CR, LF and NUL are not allowed");
      }
    }
  }

  /** The text as it arrives: lines divided by LF, of scalar values only. */
  static String normalised(String text) {
    String wellFormed = scalarValues(text);
    if (wellFormed.indexOf('\r') < 0) return wellFormed;
    return wellFormed.replace("\r\n", "\n").replace('\r', '\n');
  }

  /** Infra standard, "convert to scalar value string": UTF-8 cannot carry a lone surrogate. */
  private static String scalarValues(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!Character.isSurrogate(text.charAt(i))) continue;
      if (isPairAt(text, i)) i++;
      else return replaceLoneSurrogates(text);
    }
    return text;
  }

  private static String replaceLoneSurrogates(String text) {
    var fixed = new StringBuilder(text);
    for (int i = 0; i < fixed.length(); i++) {
      if (!Character.isSurrogate(fixed.charAt(i))) continue;
      if (isPairAt(fixed, i)) i++;
      else fixed.setCharAt(i, '\uFFFD');
    }
    return fixed.toString();
  }

  private static boolean isPairAt(CharSequence text, int i) {
    return Character.isHighSurrogate(text.charAt(i))
        && i + 1 < text.length()
        && Character.isLowSurrogate(text.charAt(i + 1));
  }
}
