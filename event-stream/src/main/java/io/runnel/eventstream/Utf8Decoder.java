package io.runnel.eventstream;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * The UTF-8 decoder of the WHATWG Encoding standard, error mode "replacement", over whole values.
 *
 * <p>The JDK's decoder is faster and agrees with it on all that is well formed, but not on how many
 * U+FFFD stand for what is not (a surrogate of three bytes is one for the JDK, three for the
 * standard). So the JDK decodes, and only a value in which U+FFFD turns up is decoded again here.
 */
final class Utf8Decoder {
  private static final char REPLACEMENT = '\uFFFD';

  private Utf8Decoder() {}

  static String decode(byte[] bytes, int from, int to) {
    String text = new String(bytes, from, to - from, UTF_8);
    return text.indexOf(REPLACEMENT) < 0 ? text : decodeMalformed(bytes, from, to);
  }

  private static String decodeMalformed(byte[] bytes, int from, int to) {
    var text = new StringBuilder(to - from);
    int codePoint = 0;
    int bytesNeeded = 0;
    int lower = 0x80;
    int upper = 0xBF;
    for (int i = from; i < to; i++) {
      int b = bytes[i] & 0xFF;
      if (bytesNeeded > 0) {
        boolean continues = lower <= b && b <= upper;
        lower = 0x80;
        upper = 0xBF;
        if (continues) {
          codePoint = (codePoint << 6) | (b & 0x3F);
          if (--bytesNeeded == 0) text.appendCodePoint(codePoint);
          continue;
        }
        // "Restore byte to ioQueue": it ends the malformed sequence and may begin the next one.
        bytesNeeded = 0;
        text.append(REPLACEMENT);
      }
      if (b <= 0x7F) {
        text.append((char) b);
      } else if (b >= 0xC2 && b <= 0xDF) {
        bytesNeeded = 1;
        codePoint = b & 0x1F;
      } else if (b >= 0xE0 && b <= 0xEF) {
        if (b == 0xE0) lower = 0xA0;
        if (b == 0xED) upper = 0x9F;
        bytesNeeded = 2;
        codePoint = b & 0xF;
      } else if (b >= 0xF0 && b <= 0xF4) {
        if (b == 0xF0) lower = 0x90;
        if (b == 0xF4) upper = 0x8F;
        bytesNeeded = 3;
        codePoint = b & 0x7;
      } else {
        text.append(REPLACEMENT);
      }
    }
    if (bytesNeeded > 0) text.append(REPLACEMENT);
    return text.toString();
  }
}
