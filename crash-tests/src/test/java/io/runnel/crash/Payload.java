package io.runnel.crash;

/**
 * The data of an event, which says who published it and as which of theirs: {@code 17-000123 xxxx}.
 * As a number: 11 bits of publisher, 20 of sequence.
 */
final class Payload {
  static final int MAX_PUBLISHERS = 1 << 11;
  static final int MAX_SEQUENCE = 1 << 20;
  private static final String FILLER = " " + "x".repeat(100);

  private Payload() {}

  static int of(int publisher, int sequence) {
    if (publisher >= MAX_PUBLISHERS || sequence >= MAX_SEQUENCE) {
      throw new IllegalArgumentException(publisher + "-" + sequence);
    }
    return publisher << 20 | sequence;
  }

  static int publisher(int payload) {
    return payload >>> 20;
  }

  static int sequence(int payload) {
    return payload & (MAX_SEQUENCE - 1);
  }

  static String text(int payload) {
    return publisher(payload) + "-" + sequence(payload) + FILLER;
  }

  /** What a text says to a character; {@link Seen#STRANGE} if no publisher wrote it. */
  static int parse(String text) {
    int dash = text.indexOf('-');
    int space = text.indexOf(' ');
    if (dash < 0 || space < dash || !text.startsWith(FILLER, space)) return Seen.STRANGE;
    if (text.length() != space + FILLER.length()) return Seen.STRANGE;
    try {
      return of(
          Integer.parseInt(text.substring(0, dash)),
          Integer.parseInt(text.substring(dash + 1, space)));
    } catch (IllegalArgumentException e) {
      return Seen.STRANGE;
    }
  }
}
