package io.runnel.client;

import org.jspecify.annotations.Nullable;

/**
 * An event ID that a hub of ours minted: {@code <epoch>-<offset>}. Within one epoch offsets grow,
 * so two of them can be compared; nothing else can.
 *
 * @param epoch eight lower-case letters or digits
 * @param offset a decimal number that fits a long
 */
record MintedId(String epoch, long offset) {
  private static final int EPOCH_LENGTH = 8;
  private static final int MAX_DIGITS = 19;

  /** The parts of the id, or null if it is not one that a hub minted. */
  static @Nullable MintedId of(@Nullable String id) {
    if (id == null || id.length() < EPOCH_LENGTH + 2) return null;
    if (id.length() > EPOCH_LENGTH + 1 + MAX_DIGITS) return null;
    if (id.charAt(EPOCH_LENGTH) != '-') return null;
    for (int i = 0; i < EPOCH_LENGTH; i++) {
      char c = id.charAt(i);
      if (!isDigit(c) && !(c >= 'a' && c <= 'z')) return null;
    }
    long offset = 0;
    for (int i = EPOCH_LENGTH + 1; i < id.length(); i++) {
      char c = id.charAt(i);
      if (!isDigit(c)) return null;
      offset = offset * 10 + (c - '0');
      if (offset < 0) return null;
    }
    return new MintedId(id.substring(0, EPOCH_LENGTH), offset);
  }

  /** Whether this stands in the same epoch as the other, and not above it. */
  boolean isNotAbove(@Nullable MintedId other) {
    return other != null && epoch.equals(other.epoch) && offset <= other.offset;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
