package io.runnel.eventstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LineEndTest {
  @Test
  void theFirstLineEndIsFoundWhateverStandsAroundIt() {
    long seed = Hostile.seed();
    var random = new Random(seed);
    // Around the bytes that are sought, and around the ends of the ranges of a signed byte.
    byte[] kinds = {0, 9, 10, 11, 12, 13, 14, 15, 'x', 'x', 'x', 'x', 127, -128, -1, -114, -115};
    for (int i = 0; i < 300_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      for (int k = 0; k < bytes.length; k++) bytes[k] = kinds[random.nextInt(kinds.length)];
      int from = random.nextInt(bytes.length + 1);
      int to = from + random.nextInt(bytes.length - from + 1);
      int expected = from;
      while (expected < to && bytes[expected] != '\n' && bytes[expected] != '\r') expected++;
      int found = LineEnd.indexIn(bytes, from, to);
      if (found == expected) continue;
      assertThat(found).as("seed %d, %s from %d to %d", seed, bytes, from, to).isEqualTo(expected);
    }
  }
}
