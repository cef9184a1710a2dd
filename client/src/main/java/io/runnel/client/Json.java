package io.runnel.client;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the few small JSON objects that a hub sends, and quotes what it is sent: an object is a
 * Map, an array a List, a number a Double or Long; a member that is null is left out. Strict (RFC
 * 8259) and at most 32 levels deep.
 */
final class Json {
  private static final int MAX_DEPTH = 32;

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /** The object that the text is, or an empty one if the text is no JSON object. */
  static Map<String, Object> object(String text) {
    try {
      var members = new LinkedHashMap<String, Object>();
      if (new Json(text).document() instanceof Map<?, ?> map) {
        map.forEach((name, value) -> members.put((String) name, value));
      }
      return members;
    } catch (IllegalArgumentException notJson) {
      return Map.of();
    }
  }

  /** What a problem (RFC 9457) says: its detail, else its title, else nothing. On one line. */
  static String problem(String text) {
    Map<String, Object> members = object(text);
    Object said = members.getOrDefault("detail", members.getOrDefault("title", ""));
    return said.toString().replaceAll("\\s+|\\p{Cntrl}", " ").strip();
  }

  /** The text as a JSON string. */
  static String quoted(String text) {
    var quoted = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') quoted.append('\\').append(c);
      else if (c < 0x20) quoted.append(String.format("\\u%04x", (int) c));
      else quoted.append(c);
    }
    return quoted.append('"').toString();
  }

  private @Nullable Object document() {
    Object value = value(0);
    skipSpace();
    if (at != text.length()) throw bad();
    return value;
  }

  private @Nullable Object value(int depth) {
    if (depth > MAX_DEPTH) throw bad();
    skipSpace();
    return switch (peek()) {
      case '{' -> members(depth);
      case '[' -> elements(depth);
      case '"' -> string();
      case 't' -> literal("true", true);
      case 'f' -> literal("false", false);
      case 'n' -> literal("null", null);
      default -> number();
    };
  }

  private Map<String, Object> members(int depth) {
    var map = new LinkedHashMap<String, Object>();
    at++;
    if (closes('}')) return map;
    do {
      skipSpace();
      String name = string();
      skipSpace();
      expect(':');
      Object value = value(depth + 1);
      if (value != null) map.put(name, value);
    } while (another('}'));
    return map;
  }

  private List<@Nullable Object> elements(int depth) {
    var list = new ArrayList<@Nullable Object>();
    at++;
    if (closes(']')) return list;
    do {
      list.add(value(depth + 1));
    } while (another(']'));
    return list;
  }

  private boolean closes(char end) {
    skipSpace();
    if (peek() != end) return false;
    at++;
    return true;
  }

  /** After a member: true at a comma, false past the end. */
  private boolean another(char end) {
    if (closes(end)) return false;
    expect(',');
    return true;
  }

  private String string() {
    expect('"');
    var value = new StringBuilder();
    while (true) {
      char c = next();
      if (c == '"') return value.toString();
      if (c < 0x20) throw bad();
      value.append(c == '\\' ? escaped() : c);
    }
  }

  private char escaped() {
    char c = next();
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> hexadecimal();
      default -> throw bad();
    };
  }

  private char hexadecimal() {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      char c = next();
      int digit = c < 0x80 ? Character.digit(c, 16) : -1;
      if (digit < 0) throw bad();
      value = value * 16 + digit;
    }
    return (char) value;
  }

  private Object number() {
    int start = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) at++;
    String digits = text.substring(start, at);
    if (!digits.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) throw bad();
    if (digits.matches("-?[0-9]{1,18}")) return Long.parseLong(digits);
    return new BigDecimal(digits).doubleValue();
  }

  private @Nullable Object literal(String word, @Nullable Object value) {
    if (!text.startsWith(word, at)) throw bad();
    at += word.length();
    return value;
  }

  private void skipSpace() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
  }

  private char peek() {
    if (at >= text.length()) throw bad();
    return text.charAt(at);
  }

  private char next() {
    char c = peek();
    at++;
    return c;
  }

  private void expect(char c) {
    if (next() != c) throw bad();
  }

  private IllegalArgumentException bad() {
    return new IllegalArgumentException("not JSON at index " + at);
  }
}
