package io.runnel.eventstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.runnel.eventstream.ParserLimits.TooLong;
import io.runnel.eventstream.Recorder.LargeEvent;
import io.runnel.eventstream.Recorder.LastEventId;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Events above their limit, with the policy to hand on their data in pieces. */
class LargeEventTest {
  private static final int RANDOM_STREAMS = 10_000;

  private final Recorder recorder = new Recorder();

  @Test
  void anEventAboveItsLimitIsHandedOnInPiecesAndTheOthersWhole() throws Exception {
    feed(
        new ParserLimits(20, 8, TooLong.STREAM),
        "data: 01234567\n\nevent: e\nid: 1\ndata: 0123\ndata: 45678\n\ndata: b\n\n");

    assertThat(recorder.heard)
        .containsExactly(
            new Event("message", "01234567", ""),
            new LastEventId("1"),
            new LargeEvent("e", "1", "0123\n45678", new Event("e", "", "1")),
            new Event("message", "b", "1"));
  }

  @Test
  void aLineOfDataAboveItsLimitIsHandedOnBeforeItEnds() throws Exception {
    var parser = new EventStreamParser(recorder, new ParserLimits(10, 1_000, TooLong.STREAM));
    for (String part : List.of("data: a\nda", "ta:  012", "345\u00e9", "678")) {
      byte[] bytes = part.getBytes(UTF_8);
      parser.feed(bytes, 0, bytes.length);
    }

    assertThat(recorder.pieces).hasToString("a\n 012345\u00e9678");
    assertThat(recorder.heard).isEmpty();
    assertThat(parser.bufferSize()).isLessThan(1_000);
  }

  @Test
  void typeAndIdBehindTheDataAreTheOnesOfTheEnd() throws Exception {
    feed(new ParserLimits(9, 9, TooLong.STREAM), "data: 0123456789\nid: 2\nevent: x\n\n");

    assertThat(recorder.heard)
        .containsExactly(
            new LastEventId("2"),
            new LargeEvent("message", "", "0123456789", new Event("x", "", "2")));
  }

  @Test
  void whatIsNoDataAndTooLongFails() {
    var limits = new ParserLimits(10, 10, TooLong.STREAM);
    for (String line :
        List.of(":0123456789", "dataa: 0123456789", "event: 0123456789", "datum: 012345")) {
      assertThatExceptionOfType(EventStreamTooLongException.class)
          .isThrownBy(() -> feed(limits, line + "\n"));
    }
    assertThatExceptionOfType(EventStreamTooLongException.class)
        .isThrownBy(() -> feed(limits, "data: 01234567890\n" + "event: e\n".repeat(11)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ParserLimits(5, 10, TooLong.STREAM))
        .withMessage("maxLineBytes is 5, not 6 or more, as STREAM needs");
  }

  @Test
  void whatARestartCutsOffIsNoEventAndLeavesNothingBehind() throws Exception {
    var parser = new EventStreamParser(recorder, new ParserLimits(10, 10, TooLong.STREAM));
    byte[] cut = "id: 1\ndata: 0123456789\u20ac".getBytes(UTF_8);
    parser.feed(cut, 0, cut.length - 1);
    parser.restart();
    recorder.pieces.setLength(0);
    byte[] next = "data: b\n\ndata: 0123456789\n\n".getBytes(UTF_8);
    parser.feed(next, 0, next.length);

    assertThat(recorder.heard)
        .containsExactly(
            new Event("message", "b", ""),
            new LargeEvent("message", "", "0123456789", new Event("message", "", "")));
  }

  @Test
  void thePiecesJoinedAreTheDataOfTheStandardWhereverTheStreamIsCut() {
    long seed = Hostile.seed();
    var random = new Random(seed);
    var hostile = new Hostile(random);
    int large = 0;
    for (int i = 0; i < RANDOM_STREAMS; i++) {
      byte[] stream = hostile.stream(random.nextInt(30));
      var limits = new ParserLimits(14, 8 + random.nextInt(8), TooLong.STREAM);
      var heard = new Recorder();
      try {
        hostile.feed(new EventStreamParser(heard, limits), stream, 1 + random.nextInt(4));
      } catch (EventStreamTooLongException noData) {
        continue;
      }
      large += (int) heard.heard.stream().filter(LargeEvent.class::isInstance).count();
      assertThat(heard.heard.stream().map(LargeEventTest::asEvent))
          .as("seed %d, stream %d, %s", seed, i, limits)
          .isEqualTo(PlainInterpretation.of(stream));
    }
    // Of 10,000 streams 77 to 125 had one, over 39 seeds.
    assertThat(large).isGreaterThan(40);
  }

  private static Object asEvent(Object heard) {
    if (!(heard instanceof LargeEvent large)) return heard;
    return Event.received(large.end().type(), large.data(), String.valueOf(large.end().id()));
  }

  private void feed(ParserLimits limits, String text) throws EventStreamTooLongException {
    byte[] bytes = text.getBytes(UTF_8);
    new EventStreamParser(recorder, limits).feed(bytes, 0, bytes.length);
  }
}
