package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The promise of DESIGN section 6, for many seeds. See {@code docs/simulation.md}.
 *
 * <p>System properties: {@code simulation.seeds} (how many), {@code simulation.first} (the first of
 * them), {@code simulation.seed} (only this one, with everything that happens in it).
 */
class SimulationTest {
  /** Within so many seeds, each planted bug is caught. */
  private static final int SEEDS_FOR_A_BUG = 200;

  @Test
  void everySeedKeepsThePromise() {
    Long only = Long.getLong("simulation.seed");
    if (only != null) {
      Simulation.run(only, PlantedBug.NONE, new Trace(true));
      return;
    }
    long first = Long.getLong("simulation.first", 0);
    long seeds = Long.getLong("simulation.seeds", 10_000);
    LongStream.range(first, first + seeds).parallel().forEach(SimulationTest::run);
  }

  @Test
  void aSeedIsTheSameRunEachTime() {
    for (long seed = 0; seed < 200; seed++) {
      assertThat(run(seed).hash()).as("seed %d", seed).isEqualTo(run(seed).hash());
    }
  }

  @Test
  void differentSeedsAreDifferentRuns() {
    assertThat(LongStream.range(0, 200).map(seed -> run(seed).hash()).distinct().count())
        .isEqualTo(200);
  }

  /** A promise is easily kept by a run in which nothing happens. */
  @Test
  void theSeedsComePastEverything() {
    Set<String> seen = new TreeSet<>();
    for (long seed = 0; seed < 500; seed++) seen.addAll(run(seed).seen());
    assertThat(seen)
        .containsExactlyInAnyOrder(
            "204",
            "clock set",
            "end COMPLETED",
            "end FAILED",
            "end SHUTDOWN",
            "lane replaced",
            "end SLOW",
            "forgotten topics",
            "heartbeat",
            "joined",
            "lane fell behind",
            "{\"reason\":\"ambiguous",
            "{\"reason\":\"epoch",
            "{\"reason\":\"malformed",
            "{\"reason\":\"slow",
            "{\"reason\":\"trimmed",
            "{\"reason\":\"unknown");
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aPlantedBugIsCaught(PlantedBug bug) {
    int seed = 0;
    while (seed < SEEDS_FOR_A_BUG && !isCaught(bug, seed)) seed++;
    assertThat(seed).as("first seed that catches " + bug).isLessThan(SEEDS_FOR_A_BUG);
  }

  /** By the checker, and not by an exception of some other kind. */
  private static boolean isCaught(PlantedBug bug, long seed) {
    try {
      Simulation.run(seed, bug, new Trace(false));
      return false;
    } catch (BrokenPromise e) {
      return true;
    }
  }

  private static Trace run(long seed) {
    var trace = new Trace(false);
    try {
      Simulation.run(seed, PlantedBug.NONE, trace);
    } catch (Throwable e) {
      throw new AssertionError(
          "seed " + seed + " (run it alone with -Dsimulation.seed=" + seed + "): " + e, e);
    }
    return trace;
  }
}
