package io.runnel.examples.movement;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RandomWalkTest {
  private static final int STEPS = 100_000;

  @Test
  void everyStepGoesOneWayByOneToTheLongestAndAllLengthsOccur() {
    var walk = new RandomWalk(new Random(1));
    Set<Integer> lengths = new TreeSet<>();
    Set<String> directions = new TreeSet<>();
    for (int i = 0; i < STEPS; i++) {
      Position from = walk.position();
      Position to = walk.step();
      int dx = to.x() - from.x();
      int dy = to.y() - from.y();
      lengths.add(Math.abs(dx) + Math.abs(dy));
      directions.add(Integer.signum(dx) + " " + Integer.signum(dy));
    }
    assertThat(lengths).hasSize(99).contains(1, 99).allMatch(length -> length >= 1 && length <= 99);
    assertThat(directions).containsExactlyInAnyOrder("-1 0", "1 0", "0 -1", "0 1");
  }

  @Test
  void theWalkReachesEveryEdgeAndNeverLeavesTheField() {
    // A position outside cannot be made, so 100,000 steps without an exception stayed inside.
    var walk = new RandomWalk(new Random(2));
    int left = 800, right = 0, top = 600, bottom = 0;
    for (int i = 0; i < STEPS; i++) {
      Position at = walk.step();
      left = Math.min(left, at.x());
      right = Math.max(right, at.x());
      top = Math.min(top, at.y());
      bottom = Math.max(bottom, at.y());
    }
    assertThat(new int[] {left, right, top, bottom}).containsExactly(0, 799, 0, 599);
  }

  @Test
  void theSameSeedGivesTheSameWalk() {
    assertThat(firstSteps(7)).isEqualTo(firstSteps(7)).isNotEqualTo(firstSteps(8));
  }

  @Test
  void aWalkResumesAtThePositionOfTheLastEventId() {
    assertThat(RandomWalk.resume(new Random(3), "799,0").position())
        .isEqualTo(new Position(799, 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "800,0", "orders-17", "1,2,3"})
  void anIdThatIsNoPositionStartsANewWalk(String lastEventId) {
    assertThat(RandomWalk.resume(new Random(4), lastEventId).position())
        .isEqualTo(new RandomWalk(new Random(4)).position());
  }

  private static String firstSteps(long seed) {
    var walk = new RandomWalk(new Random(seed));
    return Stream.generate(walk::step).limit(100).toList().toString();
  }
}
