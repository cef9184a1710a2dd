package io.runnel.eventstream;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds where a line ends: most of a parser's time, so eight bytes are looked at together. */
final class LineEnd {
  private static final VarHandle EIGHT_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long EIGHT_TIMES_0E = 0x0E0E_0E0E_0E0E_0E0EL;
  private static final long EIGHT_TOP_BITS = 0x8080_8080_8080_8080L;

  private LineEnd() {}

  /**
   * The index of the first CR or LF, or {@code to}. Subtracting sets the top bit of a byte below
   * 0x0E, and of no byte before the first such one; hardly ever is it another than CR or LF.
   */
  static int indexIn(byte[] bytes, int from, int to) {
    int i = from;
    while (i <= to - Long.BYTES) {
      long eight = (long) EIGHT_BYTES.get(bytes, i);
      long below0E = (eight - EIGHT_TIMES_0E) & ~eight & EIGHT_TOP_BITS;
      if (below0E == 0) {
        i += Long.BYTES;
        continue;
      }
      i += Long.numberOfTrailingZeros(below0E) / Byte.SIZE;
      if (isLineEnd(bytes[i])) return i;
      i++;
    }
    while (i < to && !isLineEnd(bytes[i])) i++;
    return i;
  }

  private static boolean isLineEnd(byte b) {
    return b == '\n' || b == '\r';
  }
}
