package io.runnel.eventstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RoundTripTest {
  private static final int EVENTS = 1_000_000;
  private static final int EVENTS_OF_A_BATCH = 1_000;

  /** What follows one another on a stream, as it is written and as it must be heard. */
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();

  private final List<Object> expected = new ArrayList<>();
  private String lastEventId = "";

  @Test
  void whatIsEncodedIsHeardWhateverItsTextAndWhereverItIsCut() throws EventStreamTooLongException {
    long seed = Hostile.seed();
    var random = new Random(seed);
    var hostile = new Hostile(random);
    var recorder = new Recorder();
    var parser = new EventStreamParser(recorder);
    for (int events = 0; events < EVENTS; events += EVENTS_OF_A_BATCH) {
      written.reset();
      expected.clear();
      recorder.heard.clear();
      for (int i = 0; i < EVENTS_OF_A_BATCH; i++) {
        write(hostile.event());
        if (random.nextInt(8) == 0) writeComment(hostile.text());
        if (random.nextInt(8) == 0) writeRetry(random.nextLong() & Long.MAX_VALUE);
      }
      hostile.feed(parser, written.toByteArray(), 1 + random.nextInt(200));
      assertThat(recorder.heard).as("seed %d, events from %d", seed, events).isEqualTo(expected);
    }
  }

  private void write(Event event) {
    written.writeBytes(EventStreamEncoder.encode(event));
    String id = event.id();
    if (id != null) {
      lastEventId = id;
      expected.add(new Recorder.LastEventId(id));
    }
    expected.add(new Event(event.type(), event.data(), lastEventId));
  }

  private void writeComment(String text) {
    written.writeBytes(EventStreamEncoder.encodeComment(text));
    for (String line : Event.of(text).data().split("\n", -1)) {
      expected.add(new Recorder.Comment(line));
    }
  }

  private void writeRetry(long millis) {
    var time = Duration.ofMillis(millis);
    written.writeBytes(EventStreamEncoder.encodeRetry(time));
    expected.add(new Recorder.ReconnectionTime(time));
  }
}
