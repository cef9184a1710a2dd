package io.runnel.spring;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The names of the topics of everybody, of one user, of one login session. */
final class PersonalTopics {
  static final String EVERYBODY = "everybody";

  private static final int LONGEST = 200;

  private PersonalTopics() {}

  /**
   * {@code user/<name>}; whatever no topic may have is written as {@code ~} and two hexadecimal
   * digits for each byte, so that no two users share a topic and none can reach another's.
   */
  static String user(String name) {
    if (name.isEmpty()) throw new IllegalArgumentException("empty user name");
    return "user/" + segment(name);
  }

  /** Any text as one segment of a topic's name; no two texts are the same segment. */
  static String segment(String text) {
    var segment = new StringBuilder(text.length());
    text.codePoints().forEach(c -> append(segment, c, text));
    if (segment.toString().getBytes(UTF_8).length > LONGEST) return "~~" + digest(text);
    return segment.isEmpty() ? "~" : segment.toString();
  }

  private static void append(StringBuilder segment, int c, String name) {
    boolean isDots = name.equals(".") || name.equals("..");
    boolean isPlain = Character.isLetterOrDigit(c) || "_-.@+:=,".indexOf(c) >= 0;
    if (isPlain && !isDots) {
      segment.appendCodePoint(c);
      return;
    }
    for (byte b : Character.toString(c).getBytes(UTF_8)) {
      segment.append('~').append(String.format("%02x", b));
    }
  }

  /** {@code session/<digest>}: topics are shown and logged, and the id of a session is a key. */
  static String session(String id) {
    if (id.isEmpty()) throw new IllegalArgumentException("empty session id");
    return "session/" + digest(id);
  }

  private static String digest(String text) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
