package io.runnel.eventstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.eventstream.ConformanceCase.Meaning;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ConformanceTest {
  static List<ConformanceCase> cases() {
    return ConformanceCase.all();
  }

  @Test
  void thereAreCases() {
    assertThat(cases()).hasSizeGreaterThanOrEqualTo(234);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void chunksAsGiven(ConformanceCase c) throws EventStreamTooLongException {
    var reading = new Reading();
    for (byte[] chunk : c.chunks()) reading.parser.feed(chunk, 0, chunk.length);
    assertThat(reading.meaning()).isEqualTo(c.meaning());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void allChunksJoined(ConformanceCase c) throws EventStreamTooLongException {
    var reading = new Reading();
    byte[] bytes = c.joined();
    reading.parser.feed(bytes, 0, bytes.length);
    assertThat(reading.meaning()).isEqualTo(c.meaning());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void byteByByte(ConformanceCase c) throws EventStreamTooLongException {
    var reading = new Reading();
    byte[] bytes = c.joined();
    for (int i = 0; i < bytes.length; i++) reading.parser.feed(bytes, i, i + 1);
    assertThat(reading.meaning()).isEqualTo(c.meaning());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void byteByByteFromADirectBuffer(ConformanceCase c) throws EventStreamTooLongException {
    var reading = new Reading();
    byte[] bytes = c.joined();
    ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    for (int i = 1; i <= bytes.length; i++) reading.parser.feed(direct.limit(i));
    assertThat(reading.meaning()).isEqualTo(c.meaning());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void joinedInADirectBuffer(ConformanceCase c) throws EventStreamTooLongException {
    var reading = new Reading();
    byte[] bytes = c.joined();
    reading.parser.feed(ByteBuffer.allocateDirect(bytes.length).put(bytes).flip());
    assertThat(reading.meaning()).isEqualTo(c.meaning());
  }

  private static final class Reading {
    final Recorder recorder = new Recorder();
    final EventStreamParser parser = new EventStreamParser(recorder);

    Meaning meaning() {
      Long retry = null;
      for (Object heard : recorder.heard) {
        if (heard instanceof Recorder.ReconnectionTime set) retry = set.time().toMillis();
      }
      return new Meaning(recorder.events(), retry, parser.lastEventId());
    }
  }
}
