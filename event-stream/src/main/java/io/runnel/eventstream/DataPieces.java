package io.runnel.eventstream;

/**
 * The data of one large event on its way to the handler, piece by piece.
 *
 * <p>A piece is decoded by itself, and all pieces together give the text that decoding all of the
 * data at once would give. So a piece ends only where no UTF-8 sequence goes on: before the first
 * byte of one that is not complete, of which at most three bytes are held back.
 */
final class DataPieces {
  private static final byte[] LINE_FEED = {'\n'};
  private static final int LONGEST_TAIL = 3;

  private final EventStreamHandler handler;
  private final byte[] tail = new byte[LONGEST_TAIL];
  private int tailLength;
  private boolean hasLine;

  DataPieces(EventStreamHandler handler) {
    this.handler = handler;
  }

  /** Forgets what was held back of an event that did not end. */
  void reset() {
    tailLength = 0;
    hasLine = false;
  }

  /** A line of data begins: a line feed divides it from the one before. */
  void beginLine() {
    if (hasLine) add(LINE_FEED, 0, 1);
    hasLine = true;
  }

  /** More of the line. */
  void add(byte[] bytes, int from, int to) {
    if (tailLength == 0) {
      tell(bytes, from, to);
      return;
    }
    byte[] joined = new byte[tailLength + to - from];
    System.arraycopy(tail, 0, joined, 0, tailLength);
    System.arraycopy(bytes, from, joined, tailLength, to - from);
    tell(joined, 0, joined.length);
  }

  /** The event ends: a sequence that is still incomplete never will be complete. */
  void end() {
    if (tailLength > 0) handler.largeEventData(Utf8Decoder.decode(tail, 0, tailLength));
    reset();
  }

  private void tell(byte[] bytes, int from, int to) {
    int end = endOfWholeSequences(bytes, from, to);
    tailLength = to - end;
    System.arraycopy(bytes, end, tail, 0, tailLength);
    if (from < end) handler.largeEventData(Utf8Decoder.decode(bytes, from, end));
  }

  private static int endOfWholeSequences(byte[] bytes, int from, int to) {
    for (int i = to - 1; i >= from && i >= to - LONGEST_TAIL; i--) {
      int b = bytes[i] & 0xFF;
      if (b < 0x80) return to;
      if (b >= 0xC0) return i + sequenceLength(b) > to ? i : to;
    }
    return to;
  }

  private static int sequenceLength(int firstByte) {
    return firstByte >= 0xF0 ? 4 : firstByte >= 0xE0 ? 3 : 2;
  }
}
