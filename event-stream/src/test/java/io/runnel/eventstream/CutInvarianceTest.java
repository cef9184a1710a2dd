package io.runnel.eventstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Where a stream is cut changes nothing in what is heard, comments and failures included. */
class CutInvarianceTest {
  private static final int RANDOM_STREAMS = 3_000;

  static List<ConformanceCase> cases() {
    return ConformanceCase.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aCaseCutInTwoAtAnyByteMeansTheSame(ConformanceCase c) {
    byte[] stream = c.joined();
    List<Object> expected = PlainInterpretation.of(stream);
    // Every cut of the long cases would read gigabytes: there, cuts a prime apart.
    int step = stream.length < 5_000 ? 1 : 4_099;
    for (int cut = 0; cut <= stream.length; cut += step) {
      assertThat(heard(stream, ParserLimits.DEFAULT, cut)).as("cut at %d", cut).isEqualTo(expected);
    }
  }

  @Test
  void aRandomStreamMeansWhatThePlainInterpretationSaysWhereverItIsCut()
      throws EventStreamTooLongException {
    long seed = Hostile.seed();
    var random = new Random(seed);
    var hostile = new Hostile(random);
    for (int i = 0; i < RANDOM_STREAMS; i++) {
      byte[] stream = hostile.stream(random.nextInt(30));
      List<Object> expected = PlainInterpretation.of(stream);
      for (int cut = 0; cut <= stream.length; cut++) {
        assertThat(heard(stream, ParserLimits.DEFAULT, cut))
            .as("seed %d, stream %d, cut at %d", seed, i, cut)
            .isEqualTo(expected);
      }
      var recorder = new Recorder();
      hostile.feed(new EventStreamParser(recorder), stream, 3);
      assertThat(recorder.heard).as("seed %d, stream %d", seed, i).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource(ParserLimits.TooLong.class)
  void limitsArePassedAtTheSamePlaceWhereverTheStreamIsCut(ParserLimits.TooLong policy) {
    long seed = Hostile.seed();
    var random = new Random(seed);
    var hostile = new Hostile(random);
    for (int i = 0; i < RANDOM_STREAMS; i++) {
      byte[] stream = hostile.stream(random.nextInt(30));
      int shortest = policy == ParserLimits.TooLong.STREAM ? 6 : 1;
      var limits = new ParserLimits(shortest + random.nextInt(20), 1 + random.nextInt(20), policy);
      List<Object> whole = heard(stream, limits, stream.length);
      for (int cut = 0; cut < stream.length; cut++) {
        assertThat(heard(stream, limits, cut))
            .as("seed %d, stream %d, %s, cut at %d", seed, i, limits, cut)
            .isEqualTo(whole);
      }
    }
  }

  /** What is heard of the stream cut in two there, and the failure, if there is one. */
  private static List<Object> heard(byte[] stream, ParserLimits limits, int cut) {
    var recorder = new Recorder();
    var parser = new EventStreamParser(recorder, limits);
    try {
      parser.feed(stream, 0, cut);
      parser.feed(stream, cut, stream.length);
    } catch (EventStreamTooLongException e) {
      recorder.heard.add(e.getMessage());
    }
    return recorder.heard;
  }
}
