package io.runnel.eventstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Utf8DecoderTest {
  /** The bytes at the edges of every range that the decoder tells apart. */
  private static final int[] EDGES = {
    0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED,
    0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF
  };

  private final CharsetDecoder jdk = UTF_8.newDecoder();
  private final Map<String, Boolean> beginnings = new HashMap<>();

  /** Examples of Unicode 16, section 3.9, tables 3-8 to 3-11, and of the Encoding standard. */
  @ParameterizedTest
  @CsvSource({
    "C0 AF E0 80 BF F0 81 82 41, ????????A",
    "ED A0 80 ED BF BF ED AF 41, ????????A",
    "F4 91 92 93 FF 41 80 BF 42, ?????A??B",
    "E1 80 E2 F0 91 92 F1 BF 41, ????A",
    "F0 9F 98, ?",
    "F0 9F 98 E2 82 41, ??A",
    "EF BF BD 41, ?A",
  })
  void everyMaximalSubpartIsOneReplacementCharacter(String hex, String text) {
    assertThat(decode(HexFormat.ofDelimiter(" ").parseHex(hex)))
        .isEqualTo(text.replace('?', '\uFFFD'));
  }

  @Test
  void everyCodePointIsItself() {
    var all = new StringBuilder();
    for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
      if (codePoint < 0xD800 || codePoint > 0xDFFF) all.appendCodePoint(codePoint);
    }
    assertThat(decode(all.toString().getBytes(UTF_8))).isEqualTo(all.toString());
  }

  @Test
  void fourBytesOfAnyKindDecodeAsTheDefinitionOfMaximalSubpartsSays() {
    for (int a : EDGES) {
      for (int b : EDGES) {
        for (int c : EDGES) {
          for (int d : EDGES) {
            byte[] bytes = {(byte) a, (byte) b, (byte) c, (byte) d};
            String text = decode(bytes);
            if (text.equals(byDefinition(bytes))) continue;
            assertThat(text).as(HexFormat.of().formatHex(bytes)).isEqualTo(byDefinition(bytes));
          }
        }
      }
    }
  }

  /**
   * Unicode 16, D93b: at each place take a whole well-formed sequence, or else the longest bytes
   * that begin one, or else one byte; all but the first become U+FFFD.
   */
  private String byDefinition(byte[] bytes) {
    var text = new StringBuilder();
    for (int at = 0, length; at < bytes.length; at += length) {
      length = 0;
      for (int n = 1; n <= bytes.length - at && length == 0; n++) {
        if (isOneCharacter(bytes, at, n)) length = n;
      }
      if (length > 0) {
        text.append(new String(bytes, at, length, UTF_8));
        continue;
      }
      length = 1;
      for (int n = 2; n <= Math.min(3, bytes.length - at); n++) {
        if (beginsACharacter(bytes, at, n)) length = n;
      }
      text.append('\uFFFD');
    }
    return text.toString();
  }

  private boolean beginsACharacter(byte[] bytes, int at, int n) {
    String beginning = HexFormat.of().formatHex(bytes, at, at + n);
    return beginnings.computeIfAbsent(beginning, b -> canBeCompleted(HexFormat.of().parseHex(b)));
  }

  private boolean canBeCompleted(byte[] beginning) {
    if (beginning.length > 1 && isOneCharacter(beginning, 0, beginning.length)) return true;
    if (beginning.length == 4) return false;
    for (int next = 0x80; next <= 0xBF; next++) {
      byte[] longer = Arrays.copyOf(beginning, beginning.length + 1);
      longer[beginning.length] = (byte) next;
      if (canBeCompleted(longer)) return true;
    }
    return false;
  }

  /** The JDK is exact about what is well formed; it differs only in how it replaces the rest. */
  private boolean isOneCharacter(byte[] bytes, int at, int n) {
    var text = CharBuffer.allocate(4);
    var result = jdk.reset().decode(ByteBuffer.wrap(bytes, at, n), text, true);
    return result.isUnderflow() && Character.codePointCount(text.flip(), 0, text.limit()) == 1;
  }

  private static String decode(byte[] bytes) {
    return Utf8Decoder.decode(bytes, 0, bytes.length);
  }
}
