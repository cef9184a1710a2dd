package io.runnel.servlet;

import java.util.Random;

/** Random text of what has tricked encoders and parsers. */
final class HostileText {
  private static final String[] PIECES = {
    "\r", "\n", "\r\n", "\n\n", "\0", "\u2028", "\u0085", "\t", "\uFEFF", "\uD800",
    "\uD83D\uDE00", " ", "  ", ":", ": ", "data", "data: x", "id: 1", "event: x", "retry: 1",
    "a", "é", "€", "{\"a\": 1}", "\u007F"
  };

  private HostileText() {}

  /** Text of any lines. */
  static String text(Random random) {
    var text = new StringBuilder();
    for (int i = random.nextInt(12); i > 0; i--) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }

  /** Text that may be a type, and is never empty. */
  static String line(Random random) {
    return 'i' + text(random).replaceAll("[\r\n\0]", "");
  }

  /** Text that may be an id, and is never empty. */
  static String id(Random random) {
    return line(random).replaceAll("[\t\u007F]", "") + '.';
  }
}
