package io.runnel.engine;

import java.util.random.RandomGenerator;

/** The text of positions: {@code <epoch>-<offset>}. */
final class Cursor {
  /** The longest cursor that is looked at; a longer one is malformed. */
  static final int MAX_LENGTH = 1024;

  static final int EPOCH_LENGTH = 8;
  private static final int MAX_DIGITS = 18;
  private static final String EPOCH_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz";

  private Cursor() {}

  static String format(String epoch, long offset) {
    return epoch + '-' + offset;
  }

  static String newEpoch(RandomGenerator random) {
    var epoch = new StringBuilder(EPOCH_LENGTH);
    for (int i = 0; i < EPOCH_LENGTH; i++) {
      epoch.append(EPOCH_CHARACTERS.charAt(random.nextInt(EPOCH_CHARACTERS.length())));
    }
    return epoch.toString();
  }

  /** Whether the text has the shape of a position, of whichever epoch. */
  static boolean isMinted(String text) {
    int digits = text.length() - EPOCH_LENGTH - 1;
    if (digits < 1 || digits > MAX_DIGITS || text.charAt(EPOCH_LENGTH) != '-') return false;
    for (int i = 0; i < EPOCH_LENGTH; i++) {
      if (EPOCH_CHARACTERS.indexOf(text.charAt(i)) < 0) return false;
    }
    for (int i = EPOCH_LENGTH + 1; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') return false;
    }
    return digits == 1 || text.charAt(EPOCH_LENGTH + 1) != '0';
  }

  /** Whether the text is a position of this epoch. */
  static boolean isOf(String epoch, String text) {
    return isMinted(text) && text.startsWith(epoch);
  }

  /** The offset of a minted position. */
  static long offset(String minted) {
    return Long.parseLong(minted.substring(EPOCH_LENGTH + 1));
  }

  /** So many places after a minted position. */
  static String plus(String minted, int places) {
    return places == 0
        ? minted
        : format(minted.substring(0, EPOCH_LENGTH), offset(minted) + places);
  }

  /** Whether no id can look like this: too long, or with a control character in it. */
  static boolean isMalformed(String text) {
    return text.length() > MAX_LENGTH || text.chars().anyMatch(c -> c < ' ' || c == 0x7f);
  }
}
