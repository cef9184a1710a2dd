package io.runnel.engine;

import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Reads one JSON object (RFC 8259) of which the names are known and all values but one are strings;
 * strict, and no deeper than {@value #DEEPEST}. The JDK has none.
 */
final class JsonReader {
  private static final int DEEPEST = 500;

  private static final Pattern WORD =
      Pattern.compile("true|false|null|-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

  private final String text;
  private int at;
  private int depth;

  JsonReader(String text) {
    this.text = text;
  }

  /** Takes the values of an object in turn, each with {@link #string} or {@link #asWritten}. */
  interface Members {
    void member(String name);
  }

  /**
   * Reads the text, which must be one object and nothing else.
   *
   * @throws IllegalArgumentException if it is not
   */
  void object(Members members) {
    skipSpace();
    if (!isNext('{')) throw new IllegalArgumentException("it is no JSON object");
    members(members);
    skipSpace();
    if (at < text.length()) {
      if (text.charAt(at) == '{') {
        throw new IllegalArgumentException("it has more than one JSON object");
      }
      throw refused();
    }
  }

  private void members(Members members) {
    expect('{');
    skipSpace();
    if (isNext('}')) {
      at++;
      return;
    }
    while (true) {
      skipSpace();
      String name = string();
      skipSpace();
      expect(':');
      skipSpace();
      members.member(name);
      skipSpace();
      if (isNext('}')) break;
      expect(',');
    }
    at++;
  }

  boolean isString() {
    return isNext('"');
  }

  /** The next value, which must be a string. */
  String string() {
    expect('"');
    int begin = at;
    while (at < text.length() && isPlain(text.charAt(at))) at++;
    if (isNext('"')) return text.substring(begin, at++);
    var string = new StringBuilder().append(text, begin, at);
    while (true) {
      char c = next();
      if (c == '"') return string.toString();
      if (c < ' ') throw refused();
      string.append(c == '\\' ? escaped() : c);
    }
  }

  private static boolean isPlain(char c) {
    return c >= ' ' && c != '"' && c != '\\';
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
      default -> throw refused();
    };
  }

  private char hexadecimal() {
    int c = 0;
    for (int i = 0; i < 4; i++) {
      char digit = next();
      if (!HexFormat.isHexDigit(digit)) throw refused();
      c = 16 * c + HexFormat.fromHexDigit(digit);
    }
    return (char) c;
  }

  /** The next value, whatever it is, as it stands there. */
  String asWritten() {
    int begin = at;
    skipValue();
    return text.substring(begin, at);
  }

  private void skipValue() {
    if (++depth > DEEPEST) {
      throw new IllegalArgumentException("it is no JSON object: nested too deeply");
    }
    if (isString()) string();
    else if (isNext('{')) members(name -> skipValue());
    else if (isNext('[')) skipArray();
    else skipWord();
    depth--;
  }

  private void skipArray() {
    at++;
    skipSpace();
    if (isNext(']')) {
      at++;
      return;
    }
    while (true) {
      skipSpace();
      skipValue();
      skipSpace();
      if (isNext(']')) break;
      expect(',');
    }
    at++;
  }

  /** A number, true, false or null. */
  private void skipWord() {
    int begin = at;
    while (at < text.length() && isPartOfWord(text.charAt(at))) at++;
    if (!WORD.matcher(text.substring(begin, at)).matches()) {
      at = begin;
      throw refused();
    }
  }

  private static boolean isPartOfWord(char c) {
    return Character.isLetterOrDigit(c) || c == '+' || c == '-' || c == '.';
  }

  private boolean isNext(char c) {
    return at < text.length() && text.charAt(at) == c;
  }

  private char next() {
    if (at == text.length()) throw refused();
    return text.charAt(at++);
  }

  private void expect(char c) {
    if (!isNext(c)) throw refused();
    at++;
  }

  private void skipSpace() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
  }

  private IllegalArgumentException refused() {
    String what = at < text.length() ? "at character " + (at + 1) : "at its end";
    return new IllegalArgumentException("it is no JSON object: unexpected " + what);
  }
}
