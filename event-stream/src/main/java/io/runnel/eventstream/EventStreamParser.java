package io.runnel.eventstream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import io.runnel.eventstream.EventStreamTooLongException.Part;
import io.runnel.eventstream.ParserLimits.TooLong;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;

/**
 * Reads the event stream format from bytes that may be cut anywhere, and tells a handler what it
 * read, as soon as the line that completes it has ended.
 *
 * <p>It follows the standard to the letter, with one exception: where a new stream begins ({@link
 * #restart()}) the last event ID goes on, as it does in browsers; the standard's text would let the
 * first event without an {@code id} reset it.
 *
 * <p>The end of a stream needs no call: what is incomplete is never dispatched.
 *
 * <p><b>Limits.</b> Reading takes time linear in the bytes, however they are cut, and memory within
 * {@link ParserLimits}. After {@link EventStreamTooLongException} the parser refuses to read until
 * it is restarted.
 *
 * <p><b>A handler that throws.</b> A {@link RuntimeException} of the handler does not stop the
 * reading: all bytes of that {@code feed} are read, what else they mean is told, and then {@code
 * feed} throws the first exception, with later ones (at most {@value
 * DeferringHandler#MOST_SUPPRESSED}) suppressed in it. What the handler threw at counts as told;
 * the next {@code feed} goes on behind the last byte, as if nothing had been thrown. An {@link
 * Error} leaves at once, and the parser must then be restarted.
 *
 * <p>Not safe for use by several threads at once; a handler must not call back into its parser,
 * except for {@link #lastEventId()}.
 *
 * @see <a
 *     href="https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation">WHATWG
 *     HTML, 9.2.6 Interpreting an event stream</a>
 */
public final class EventStreamParser {
  /*
   * One buffer holds what is incomplete: the data of the block so far, each line of it followed by
   * LF, and behind it the line that has not ended yet.
   *
   *     buffer  | data of the block | line so far |      free      |
   *             0                dataLength   + lineLength
   *
   * A line that lies whole in what is fed is read where it lies. When a line in the buffer turns out
   * to be data, its value slides to the left over its own field name. So every byte is copied at
   * most twice, and is decoded once, with its event; decoding line by line would give the same
   * text, since LF is never part of a UTF-8 sequence, not even of a malformed one.
   */
  private static final byte[] DATA = "data".getBytes(US_ASCII);
  private static final byte[] EVENT = "event".getBytes(US_ASCII);
  private static final byte[] ID = "id".getBytes(US_ASCII);
  private static final byte[] RETRY = "retry".getBytes(US_ASCII);

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private static final byte[] EMPTY = {};
  private static final int SMALLEST_BUFFER = 256;

  /** A larger buffer, which a huge event left behind, is not kept for the next block. */
  private static final int LARGEST_KEPT_BUFFER = 64 << 10;

  /** Buffers that are not on the heap are read in pieces of this size. */
  private static final int PIECE = 8 << 10;

  private enum State {
    READY,
    READING,
    STOPPED
  }

  private final DeferringHandler handler;
  private final DataPieces pieces;
  private final ParserLimits limits;
  private final boolean commentsAreHeard;

  private State state = State.READY;

  // The stream: where it stands between two chunks.
  private int byteOrderMarkRead; // its bytes, or all of them once none can follow
  private boolean lineEndedWithCr;
  private String lastEventId = "";

  // The line that has not ended: its length so far, and whether its bytes are kept. Of one that is
  // streamed nothing is kept, and nothing counted.
  private int lineLength;
  private boolean lineIsIgnored;
  private boolean lineIsStreamed;

  // The block: the standard's data buffer, event type buffer and last event ID buffer.
  private byte[] buffer = EMPTY;
  private int dataLength;
  private String eventTypeBuffer = "";
  private String lastEventIdBuffer = "";
  private boolean lastEventIdIsSet;
  private int eventBytes;
  private boolean blockIsSkipped;
  private boolean blockIsStreamed;

  /** A parser with {@link ParserLimits#DEFAULT}. */
  public EventStreamParser(EventStreamHandler handler) {
    this(handler, ParserLimits.DEFAULT);
  }

  /** A parser at the beginning of a stream, its last event ID empty. */
  public EventStreamParser(EventStreamHandler handler, ParserLimits limits) {
    this.handler = new DeferringHandler(requireNonNull(handler, "handler"));
    this.pieces = new DataPieces(this.handler);
    this.limits = requireNonNull(limits, "limits");
    this.commentsAreHeard = this.handler.hearsComments();
  }

  /**
   * Reads the next bytes of the stream, {@code from} inclusive, {@code to} exclusive.
   *
   * @throws EventStreamTooLongException if a limit is passed and the policy does not allow it
   * @throws IndexOutOfBoundsException if the range is not within the array
   * @throws IllegalStateException if the parser must be restarted first, or is reading already
   */
  public void feed(byte[] bytes, int from, int to) throws EventStreamTooLongException {
    feed(ByteBuffer.wrap(bytes, from, to - from));
  }

  /**
   * Reads the next bytes of the stream, all that remain in the buffer, which may be direct.
   *
   * @throws EventStreamTooLongException if a limit is passed and the policy does not allow it
   * @throws IllegalStateException if the parser must be restarted first, or is reading already
   */
  public void feed(ByteBuffer bytes) throws EventStreamTooLongException {
    refuseToReadWithinAHandler();
    if (state == State.STOPPED) {
      throw new IllegalStateException("the parser stopped within a stream: restart it first");
    }
    state = State.READING;
    try {
      if (bytes.hasArray()) readArray(bytes);
      else readInPieces(bytes);
      state = State.READY;
    } catch (Throwable e) {
      state = State.STOPPED;
      RuntimeException thrown = handler.takeThrown();
      if (thrown != null) e.addSuppressed(thrown);
      throw e;
    }
    RuntimeException thrown = handler.takeThrown();
    if (thrown != null) throw thrown;
  }

  /** The last event ID string: what a receiver sends as {@code Last-Event-ID}; empty if none. */
  public String lastEventId() {
    return lastEventId;
  }

  /**
   * Begins a new stream, as a new connection does: forgets all that is incomplete and keeps the
   * last event ID string.
   *
   * @throws IllegalStateException if called by the handler while the parser reads
   */
  public void restart() {
    refuseToReadWithinAHandler();
    state = State.READY;
    byteOrderMarkRead = 0;
    lineEndedWithCr = false;
    endLine();
    beginBlock();
    lastEventIdBuffer = lastEventId;
  }

  /**
   * Begins a new stream with this last event ID.
   *
   * @throws IllegalArgumentException if the id has CR, LF or NUL, which no stream can set
   * @throws IllegalStateException if called by the handler while the parser reads
   */
  public void restart(String lastEventId) {
    refuseToReadWithinAHandler();
    this.lastEventId = Event.checkId(lastEventId);
    restart();
  }

  /** For tests: the bytes of memory held for what is incomplete. */
  int bufferSize() {
    return buffer.length;
  }

  private void refuseToReadWithinAHandler() {
    if (state == State.READING) {
      throw new IllegalStateException("called by a handler while the parser reads");
    }
  }

  private void readArray(ByteBuffer bytes) throws EventStreamTooLongException {
    int from = bytes.arrayOffset() + bytes.position();
    int to = bytes.arrayOffset() + bytes.limit();
    bytes.position(bytes.limit());
    read(bytes.array(), from, to);
  }

  private void readInPieces(ByteBuffer bytes) throws EventStreamTooLongException {
    byte[] piece = new byte[Math.min(PIECE, bytes.remaining())];
    while (bytes.hasRemaining()) {
      int length = Math.min(piece.length, bytes.remaining());
      bytes.get(piece, 0, length);
      read(piece, 0, length);
    }
  }

  /**
   * "The stream must then be parsed by reading everything line by line", a line ending with CRLF,
   * LF or CR. A CR ends its line at once: whether an LF follows may be known only much later.
   */
  private void read(byte[] bytes, int from, int to) throws EventStreamTooLongException {
    int start = skipByteOrderMark(bytes, from, to);
    while (start < to) {
      if (lineEndedWithCr) {
        lineEndedWithCr = false;
        if (bytes[start] == '\n') {
          start++;
          continue;
        }
      }
      int end = LineEnd.indexIn(bytes, start, to);
      if (end == to) {
        keep(bytes, start, to);
        return;
      }
      lineEnds(bytes, start, end);
      lineEndedWithCr = bytes[end] == '\r';
      start = end + 1;
    }
  }

  /** "The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any." */
  private int skipByteOrderMark(byte[] bytes, int from, int to) throws EventStreamTooLongException {
    int i = from;
    while (i < to && byteOrderMarkRead < BYTE_ORDER_MARK.length) {
      if (bytes[i] != BYTE_ORDER_MARK[byteOrderMarkRead]) {
        // What looked like one until here is the beginning of the first line.
        int looked = byteOrderMarkRead;
        byteOrderMarkRead = BYTE_ORDER_MARK.length;
        if (looked > 0) keep(BYTE_ORDER_MARK, 0, looked);
        return i;
      }
      byteOrderMarkRead++;
      i++;
    }
    return i;
  }

  /** Keeps a part of a line that has not ended. */
  private void keep(byte[] bytes, int from, int to) throws EventStreamTooLongException {
    if (lineIsStreamed) {
      pieces.add(bytes, from, to);
      return;
    }
    int length = to - from;
    if (length > limits.maxLineBytes() - lineLength) {
      if (limits.policy() == TooLong.STREAM && streamTheLine(bytes, from, to)) return;
      lineIsIgnored = true;
      lineLength = limits.maxLineBytes();
      tooLong(Part.LINE, limits.maxLineBytes());
      return;
    }
    if (lineLength == 0) lineIsIgnored = meansNothing(bytes, from, to);
    if (!lineIsIgnored) {
      int end = dataLength + lineLength;
      reserve(end + length);
      System.arraycopy(bytes, from, buffer, end, length);
      lineIsIgnored = meansNothing(buffer, dataLength, end + length);
    }
    lineLength += length;
  }

  /** Whether a line that begins so will change nothing, so that it need not be kept. */
  private boolean meansNothing(byte[] bytes, int from, int to) {
    if (bytes[from] == ':') return !commentsAreHeard;
    return to - from > RETRY.length
        && !isField(DATA, bytes, from, to)
        && !isField(EVENT, bytes, from, to)
        && !isField(ID, bytes, from, to)
        && !isField(RETRY, bytes, from, to);
  }

  /** A line end stands at {@code to}; the line began at {@code from}, or in the buffer. */
  private void lineEnds(byte[] bytes, int from, int to) throws EventStreamTooLongException {
    if (lineLength == 0 && !lineIsStreamed && to - from <= limits.maxLineBytes()) {
      processLine(bytes, from, to);
      return;
    }
    if (from < to) keep(bytes, from, to);
    boolean isKept = !lineIsIgnored && !lineIsStreamed;
    if (isKept) processLine(buffer, dataLength, dataLength + lineLength);
    endLine();
  }

  private void endLine() {
    lineLength = 0;
    lineIsIgnored = false;
    lineIsStreamed = false;
  }

  private void processLine(byte[] bytes, int from, int to) throws EventStreamTooLongException {
    // "If the line is empty (a blank line): dispatch the event."
    if (from == to) {
      dispatchTheEvent();
      return;
    }
    // "If the line starts with a U+003A COLON character (:): ignore the line."
    if (bytes[from] == ':') {
      if (commentsAreHeard) handler.comment(Utf8Decoder.decode(bytes, value(bytes, from, to), to));
      return;
    }
    processTheField(bytes, from, to);
  }

  /**
   * "Process the field": the name before the first colon, the value behind it. "Field names must be
   * compared literally, with no case folding performed."
   */
  private void processTheField(byte[] bytes, int from, int to) throws EventStreamTooLongException {
    if (isField(DATA, bytes, from, to)) {
      appendToDataBuffer(bytes, value(bytes, from + DATA.length, to), to);
    } else if (isField(EVENT, bytes, from, to)) {
      setEventTypeBuffer(bytes, value(bytes, from + EVENT.length, to), to);
    } else if (isField(ID, bytes, from, to)) {
      setLastEventIdBuffer(bytes, value(bytes, from + ID.length, to), to);
    } else if (isField(RETRY, bytes, from, to)) {
      setReconnectionTime(bytes, value(bytes, from + RETRY.length, to), to);
    }
    // "Otherwise: the field is ignored."
  }

  /** Whether the line's field name is this one: a colon follows it, or the line's end. */
  private static boolean isField(byte[] name, byte[] bytes, int from, int to) {
    int end = from + name.length;
    return end <= to
        && Arrays.equals(name, 0, name.length, bytes, from, end)
        && (end == to || bytes[end] == ':');
  }

  /**
   * Where the value begins behind a field name that ends here. "If value starts with a U+0020 SPACE
   * character, remove it from value"; a line without a colon has the empty value.
   */
  private static int value(byte[] bytes, int endOfName, int to) {
    if (endOfName == to) return to;
    int start = endOfName + 1;
    return start < to && bytes[start] == ' ' ? start + 1 : start;
  }

  /** "Append the field value to the data buffer, then append a single U+000A LINE FEED." */
  private void appendToDataBuffer(byte[] bytes, int from, int to)
      throws EventStreamTooLongException {
    int length = to - from;
    int more = dataLength == 0 ? length : length + 1;
    boolean isTooLong = more > limits.maxEventBytes() - eventBytes;
    if (isTooLong && limits.policy() == TooLong.STREAM) streamTheBlock();
    if (blockIsStreamed) {
      pieces.beginLine();
      pieces.add(bytes, from, to);
      return;
    }
    if (!fits(more)) return;
    reserve(dataLength + length + 1);
    System.arraycopy(bytes, from, buffer, dataLength, length);
    dataLength += length;
    buffer[dataLength++] = '\n';
  }

  /** "Set the event type buffer to the field value." */
  private void setEventTypeBuffer(byte[] bytes, int from, int to)
      throws EventStreamTooLongException {
    if (fits(to - from)) eventTypeBuffer = Utf8Decoder.decode(bytes, from, to);
  }

  /**
   * "If the field value does not contain U+0000 NULL, then set the last event ID buffer to the
   * field value. Otherwise, ignore the field." The id of a block that is skipped counts too.
   */
  private void setLastEventIdBuffer(byte[] bytes, int from, int to)
      throws EventStreamTooLongException {
    for (int i = from; i < to; i++) {
      if (bytes[i] == 0) return;
    }
    lastEventIdBuffer = Utf8Decoder.decode(bytes, from, to);
    lastEventIdIsSet = true;
    fits(to - from);
  }

  /**
   * "If the field value consists of only ASCII digits, then interpret the field value as an integer
   * in base ten, and set the event stream's reconnection time to that integer. Otherwise, ignore
   * the field." No digits at all are no integer.
   */
  private void setReconnectionTime(byte[] bytes, int from, int to) {
    long millis = 0;
    for (int i = from; i < to; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) return;
      boolean overflows = millis > (Long.MAX_VALUE - digit) / 10;
      millis = overflows ? Long.MAX_VALUE : millis * 10 + digit;
    }
    if (from < to) handler.reconnectionTime(Duration.ofMillis(millis));
  }

  private void dispatchTheEvent() {
    // 1. "Set the last event ID string of the event source to the value of the last event ID
    // buffer. The buffer does not get reset."
    lastEventId = lastEventIdBuffer;
    boolean idIsSet = lastEventIdIsSet;
    boolean isStreamed = blockIsStreamed;
    if (isStreamed) pieces.end();
    // 2., 5. to 7. "If the data buffer is an empty string, set the data buffer and the event type
    // buffer to the empty string and return." They are reset before the handler is called: what it
    // throws must not leave them full.
    Event event = isStreamed ? eventOf("") : dataLength == 0 ? null : event();
    beginBlock();
    if (idIsSet) handler.lastEventId(lastEventId);
    // 8. "Queue a task which [...] dispatches the newly created event."
    if (isStreamed && event != null) handler.largeEventEnds(event);
    else if (event != null) handler.event(event);
  }

  private Event event() {
    // 3. "If the data buffer's last character is a U+000A LINE FEED (LF) character, then remove the
    // last character from the data buffer."
    return eventOf(Utf8Decoder.decode(buffer, 0, dataLength - 1));
  }

  private Event eventOf(String data) {
    // 6. "If the event type buffer has a value other than the empty string, change the type."
    return Event.received(eventType(), data, lastEventId);
  }

  private String eventType() {
    return eventTypeBuffer.isEmpty() ? Event.MESSAGE : eventTypeBuffer;
  }

  /** From here on the data of this block is handed on as it comes, what was kept of it first. */
  private void streamTheBlock() {
    if (blockIsStreamed) return;
    blockIsStreamed = true;
    handler.largeEventBegins(eventType(), lastEventIdBuffer);
    if (dataLength > 0) {
      pieces.beginLine();
      pieces.add(buffer, 0, dataLength - 1);
    }
    // The event type and the id of the block have the limit for themselves now.
    eventBytes = 0;
    dataLength = 0;
  }

  /** False if a line above its limit is no data; otherwise this part of it is handed on. */
  private boolean streamTheLine(byte[] bytes, int from, int to) {
    if (lineIsIgnored) return false;
    // The limit is long enough for the field's name and what follows it, so this part is as well.
    int rest = from + Math.max(0, ParserLimits.SHORTEST_STREAMED_LINE - lineLength);
    int end = dataLength + lineLength + rest - from;
    reserve(end);
    System.arraycopy(bytes, from, buffer, dataLength + lineLength, rest - from);
    lineLength += rest - from;
    int start = dataLength;
    if (!isField(DATA, buffer, start, end)) return false;
    streamTheBlock();
    pieces.beginLine();
    pieces.add(buffer, value(buffer, start + DATA.length, end), end);
    pieces.add(bytes, rest, to);
    lineLength = 0;
    lineIsStreamed = true;
    giveBackHugeBuffer();
    return true;
  }

  private void beginBlock() {
    dataLength = 0;
    eventTypeBuffer = "";
    lastEventIdIsSet = false;
    eventBytes = 0;
    blockIsSkipped = false;
    blockIsStreamed = false;
    pieces.reset();
    giveBackHugeBuffer();
  }

  /** Counts bytes of the block's values; false if the block is skipped, from now on or already. */
  private boolean fits(int bytes) throws EventStreamTooLongException {
    if (blockIsSkipped) return false;
    if (bytes <= limits.maxEventBytes() - eventBytes) {
      eventBytes += bytes;
      return true;
    }
    tooLong(Part.EVENT, limits.maxEventBytes());
    return false;
  }

  private void tooLong(Part part, int limit) throws EventStreamTooLongException {
    if (blockIsSkipped) return;
    var tooLong = new EventStreamTooLongException(part, limit);
    if (limits.policy() != TooLong.SKIP) throw tooLong;
    blockIsSkipped = true;
    dataLength = 0;
    giveBackHugeBuffer();
    handler.tooLong(tooLong);
  }

  private void giveBackHugeBuffer() {
    if (buffer.length > LARGEST_KEPT_BUFFER) buffer = EMPTY;
  }

  /** Doubling keeps the copying linear; the limits keep the length within an array's. */
  private void reserve(int length) {
    if (length <= buffer.length) return;
    long doubled = Math.max(SMALLEST_BUFFER, 2L * buffer.length);
    long most = Math.max(length, (long) limits.maxLineBytes() + limits.maxEventBytes());
    buffer = Arrays.copyOf(buffer, (int) Math.max(length, Math.min(doubled, most)));
  }
}
