package io.runnel.eventstream;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * One event of an event stream, exactly as a receiver sees it.
 *
 * <p>An event is made safe when it is made: what cannot stand on the wire is refused (a line break
 * or NUL in {@code type} or {@code id}) or takes the form in which it will arrive (CR and CRLF in
 * {@code data} become LF, a lone surrogate becomes U+FFFD). So {@code decode(encode(event))} equals
 * {@code event}, whoever wrote its text.
 *
 * @param type the event type, {@value #MESSAGE} unless given; an empty type is {@value #MESSAGE}
 * @param data the payload: any text, lines divided by LF
 * @param id the last event ID that a receiver shall remember; empty resets it, null leaves it alone
 */
public record Event(String type, String data, @Nullable String id) {
  /** The type of an event that names none: what {@code onmessage} hears. */
  public static final String MESSAGE = "message";

  /**
   * Checks and normalises.
   *
   * @throws IllegalArgumentException if the type has CR, LF or NUL, or the id has CR, LF or NUL
   */
  public Event {
    type = scalarValues(requireNonNull(type, "type"));
    data = linesDividedByLf(scalarValues(requireNonNull(data, "data")));
    refuseLineBreaks("event type", type);
    if (type.isEmpty()) type = MESSAGE;
    if (id != null) {
      id = scalarValues(id);
      refuseLineBreaks("event id", id);
    }
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
    return new Event(type, data, id);
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

  private static String linesDividedByLf(String text) {
    if (text.indexOf('\r') < 0) return text;
    return text.replace("\r\n", "\n").replace('\r', '\n');
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
