package io.runnel.eventstream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.runnel.eventstream.EventStreamTooLongException.Part;
import io.runnel.eventstream.ParserLimits.TooLong;
import io.runnel.eventstream.Recorder.LastEventId;
import io.runnel.eventstream.Recorder.ReconnectionTime;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ParserLimitsTest {
  private static final int MIB = 1 << 20;
  private static final ParserLimits SKIP =
      new ParserLimits(
          ParserLimits.DEFAULT.maxLineBytes(), ParserLimits.DEFAULT.maxEventBytes(), TooLong.SKIP);

  private final Recorder recorder = new Recorder();

  @Test
  void aLineAtItsLimitIsReadAndOneByteMoreFails() throws EventStreamTooLongException {
    var limits = new ParserLimits(10, 100, TooLong.FAIL);
    feed(new EventStreamParser(recorder, limits), "data: 4567\r\n\r\n");
    assertThat(recorder.heard).containsExactly(new Event("message", "4567", ""));
    for (String line : new String[] {"data: 45678", ":0123456789", "unknown: 01", "0123456789a"}) {
      assertThatExceptionOfType(EventStreamTooLongException.class)
          .isThrownBy(() -> feed(new EventStreamParser(recorder, limits), line))
          .withMessage("a line of the event stream is longer than 10 bytes")
          .satisfies(e -> assertThat(e.part()).isEqualTo(Part.LINE))
          .satisfies(e -> assertThat(e.limit()).isEqualTo(10));
    }
  }

  @Test
  void anEventAtItsLimitIsReadAndOneByteMoreFails() throws EventStreamTooLongException {
    var limits = new ParserLimits(100, 10, TooLong.FAIL);
    String[] atLimit = {
      "data: 0123456789", "data: 01234\ndata: 6789", "event: e\nid: i\ndata: é234567"
    };
    for (String block : atLimit) {
      recorder.heard.clear();
      feed(new EventStreamParser(recorder, limits), (block + "\n\n").repeat(3));
      assertThat(recorder.events()).hasSize(3);
      assertThatExceptionOfType(EventStreamTooLongException.class)
          .isThrownBy(() -> feed(new EventStreamParser(recorder, limits), block + "x\n"))
          .withMessage("an event of the event stream is longer than 10 bytes")
          .satisfies(e -> assertThat(e.part()).isEqualTo(Part.EVENT))
          .satisfies(e -> assertThat(e.limit()).isEqualTo(10));
    }
    for (String line : new String[] {"event: e\n", "id: 1\n"}) {
      assertThatExceptionOfType(EventStreamTooLongException.class)
          .isThrownBy(() -> feed(new EventStreamParser(recorder, limits), line.repeat(11)));
    }
  }

  @Test
  void afterAFailureTheParserRefusesUntilItIsRestarted() throws EventStreamTooLongException {
    var parser = new EventStreamParser(recorder, new ParserLimits(10, 10, TooLong.FAIL));
    feed(parser, "id: 1\n\nid: 2\ndata: a\n");
    assertThatExceptionOfType(EventStreamTooLongException.class)
        .isThrownBy(() -> feed(parser, "01234567890"));
    assertThatIllegalStateException()
        .isThrownBy(() -> feed(parser, "\n\n"))
        .withMessage("the parser stopped within a stream: restart it first");
    parser.restart();
    feed(parser, "data: b\n\n");
    assertThat(recorder.heard)
        .containsExactly(new LastEventId("1"), new Event("message", "b", "1"));
  }

  @Test
  void whatAHandlerThrewBeforeAFailureIsSuppressedInIt() {
    var parser =
        new EventStreamParser(
            event -> {
              throw new IllegalStateException("handler");
            },
            new ParserLimits(10, 10, TooLong.FAIL));
    assertThatExceptionOfType(EventStreamTooLongException.class)
        .isThrownBy(() -> feed(parser, "data\n\n01234567890"))
        .satisfies(
            e ->
                assertThat(e.getSuppressed())
                    .extracting(Throwable::getMessage)
                    .containsExactly("handler"));
  }

  @Test
  void aSkippedBlockIsToldOnceAndItsIdAndRetryStillCount() throws EventStreamTooLongException {
    var parser = new EventStreamParser(recorder, new ParserLimits(12, 12, TooLong.SKIP));
    feed(parser, "data: a\n\n");
    feed(parser, "id: 1\nevent: e\ndata: 01234567890\ndata: tail\n" + "x".repeat(50) + "\n");
    feed(parser, "retry: 5\nid: 2\ndata: more\n\n");
    feed(parser, "data: 01234\ndata: 01234\ndata: 0\ndata: x\nid: 3\n\n");
    feed(parser, "data: b\n\n");
    assertThat(recorder.heard)
        .containsExactly(
            new Event("message", "a", ""),
            new Recorder.TooLong(Part.LINE, 12),
            new ReconnectionTime(Duration.ofMillis(5)),
            new LastEventId("2"),
            new Recorder.TooLong(Part.EVENT, 12),
            new LastEventId("3"),
            new Event("message", "b", "3"));
  }

  @Test
  void anIdThatIsItselfTooLongDoesNotCount() throws EventStreamTooLongException {
    var parser = new EventStreamParser(recorder, new ParserLimits(12, 12, TooLong.SKIP));
    feed(parser, "id: 1\n\nid: 0123456789\ndata: a\n\ndata: b\n\n");
    assertThat(recorder.heard)
        .containsExactly(
            new LastEventId("1"),
            new Recorder.TooLong(Part.LINE, 12),
            new Event("message", "b", "1"));
  }

  @Test
  void anEventOfSixteenMebibytesInOneLinePassesTheDefaultsAndItsBufferIsGivenBack()
      throws EventStreamTooLongException {
    var parser = new EventStreamParser(recorder);
    byte[] bytes = filled(16 * MIB, "data: ", "x", "\n\n");
    for (int from = 0; from < bytes.length; from += 1_000) {
      parser.feed(bytes, from, Math.min(from + 1_000, bytes.length));
    }
    assertThat(recorder.events()).extracting(e -> e.data().length()).containsExactly(16 * MIB);
    assertThat(parser.bufferSize()).isZero();
    assertThatExceptionOfType(EventStreamTooLongException.class)
        .isThrownBy(() -> feed(parser, filled(16 * MIB + 1, "data: ", "x", "\n\n")))
        .withMessage("an event of the event stream is longer than 16777216 bytes");
  }

  @Test
  void anEndlessLineFailsAtItsLimit() throws EventStreamTooLongException {
    var parser = new EventStreamParser(recorder);
    byte[] chunk = filled(MIB, "", "x", "");
    feed(parser, "data: ");
    for (int i = 0; i < 16; i++) feed(parser, chunk);
    assertThat(parser.bufferSize()).isBetween(16 * MIB, 34 * MIB);
    assertThatExceptionOfType(EventStreamTooLongException.class)
        .isThrownBy(() -> feed(parser, chunk))
        .withMessage("a line of the event stream is longer than 17825792 bytes");
  }

  @Test
  void anEndlessLineIsSkippedWithoutMemory() throws EventStreamTooLongException {
    var parser = new EventStreamParser(recorder, SKIP);
    byte[] chunk = filled(MIB, "", "x", "");
    feed(parser, "data: ");
    for (int i = 0; i < 32; i++) feed(parser, chunk);
    assertThat(allocatedBy(() -> feedTimes(parser, chunk, 1_000))).isLessThan(MIB);
    assertThat(parser.bufferSize()).isZero();
    feed(parser, "\ndata: lost\n\ndata: b\n\n");
    assertThat(recorder.heard)
        .containsExactly(
            new Recorder.TooLong(Part.LINE, SKIP.maxLineBytes()), new Event("message", "b", ""));
  }

  @Test
  void tenMillionDataLinesFailAtTheEventsLimit() {
    byte[] lines = "data:x\n".repeat(10_000).getBytes(US_ASCII);
    assertThatExceptionOfType(EventStreamTooLongException.class)
        .isThrownBy(() -> feedTimes(new EventStreamParser(recorder), lines, 1_000))
        .withMessage("an event of the event stream is longer than 16777216 bytes");
  }

  @Test
  void tenMillionDataLinesAreOneEventWhereTheLimitAllowsIt() throws EventStreamTooLongException {
    var parser = new EventStreamParser(recorder, new ParserLimits(10, 20_000_000, TooLong.FAIL));
    feedTimes(parser, "data:x\n".repeat(10_000).getBytes(US_ASCII), 1_000);
    feed(parser, "\n");
    assertThat(recorder.events())
        .extracting(Event::data)
        .containsExactly("x\n".repeat(9_999_999) + "x");
  }

  @Test
  void tenMillionDataLinesAreSkippedWithoutMemory() throws EventStreamTooLongException {
    var parser = new EventStreamParser(recorder, SKIP);
    byte[] lines = "data:x\n".repeat(10_000).getBytes(US_ASCII);
    feedTimes(parser, lines, 900);
    assertThat(allocatedBy(() -> feedTimes(parser, lines, 9_100))).isLessThan(MIB);
    feed(parser, "\ndata: b\n\n");
    assertThat(recorder.heard)
        .containsExactly(
            new Recorder.TooLong(Part.EVENT, SKIP.maxEventBytes()), new Event("message", "b", ""));
  }

  @Test
  void aCommentOfAGigabyteThatNobodyHearsIsNotKept() throws EventStreamTooLongException {
    var events = new ArrayList<Event>();
    var parser =
        new EventStreamParser(
            events::add, new ParserLimits(ParserLimits.LARGEST, 100, TooLong.FAIL));
    byte[] chunk = filled(MIB, "", "x", "");
    feed(parser, filled(MIB, ":", "x", ""));
    assertThat(allocatedBy(() -> feedTimes(parser, chunk, 950))).isLessThan(MIB);
    assertThat(parser.bufferSize()).isZero();
    feed(parser, "\ndata: a\n\n");
    assertThat(events).containsExactly(new Event("message", "a", ""));
  }

  @Test
  void unknownFieldsOfAGigabyteTogetherAreNotKept() throws EventStreamTooLongException {
    var parser =
        new EventStreamParser(recorder, new ParserLimits(ParserLimits.LARGEST, 100, TooLong.FAIL));
    byte[] chunk = filled(MIB, "", "x", "");
    for (String beginning : new String[] {"u", "data", "event", "id", "retry"}) {
      feed(parser, beginning);
      feed(parser, "x");
      feed(parser, "wxyz");
      assertThat(allocatedBy(() -> feedTimes(parser, chunk, 200))).isLessThan(MIB);
      feed(parser, "\n");
    }
    assertThat(parser.bufferSize()).isLessThan(1_000);
    feed(parser, "data: a\n\n");
    assertThat(recorder.heard).containsExactly(new Event("message", "a", ""));
  }

  @Test
  void aLimitIsCheckedWhenItIsMade() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ParserLimits(0, 1, TooLong.FAIL))
        .withMessage("maxLineBytes is 0, not 1 to 1000000000");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ParserLimits(1, 1_000_000_001, TooLong.FAIL))
        .withMessage("maxEventBytes is 1000000001, not 1 to 1000000000");
  }

  private interface Feeding {
    void run() throws EventStreamTooLongException;
  }

  /**
   * The bytes that this thread allocated meanwhile: an exact count, not a measurement of a heap.
   */
  private static long allocatedBy(Feeding feeding) throws EventStreamTooLongException {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    feeding.run();
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  private static byte[] filled(int length, String before, String fill, String behind) {
    byte[] bytes = new byte[before.length() + length + behind.length()];
    Arrays.fill(bytes, (byte) fill.charAt(0));
    System.arraycopy(before.getBytes(US_ASCII), 0, bytes, 0, before.length());
    System.arraycopy(
        behind.getBytes(US_ASCII), 0, bytes, before.length() + length, behind.length());
    return bytes;
  }

  private static void feedTimes(EventStreamParser parser, byte[] bytes, int times)
      throws EventStreamTooLongException {
    for (int i = 0; i < times; i++) feed(parser, bytes);
  }

  private static void feed(EventStreamParser parser, String text)
      throws EventStreamTooLongException {
    feed(parser, text.getBytes(UTF_8));
  }

  private static void feed(EventStreamParser parser, byte[] bytes)
      throws EventStreamTooLongException {
    parser.feed(bytes, 0, bytes.length);
  }
}
