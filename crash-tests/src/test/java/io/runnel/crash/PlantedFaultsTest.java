package io.runnel.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checker that catches nothing proves nothing: hubs with a fault in them are caught. */
@Tag("slow")
class PlantedFaultsTest {
  private static final int KILLS = 2;

  @TempDir Path data;

  @Test
  void anAnswerBeforeTheSyncIsCaught() throws Exception {
    assertCaught(Fault.ANSWERS_BEFORE_THE_SYNC, result -> result.history().lost());
  }

  @Test
  void aDeliveryBeforeTheSyncIsCaught() throws Exception {
    assertCaught(Fault.DELIVERS_BEFORE_THE_SYNC, result -> result.subscribers().unexpected());
  }

  @Test
  void anEpochThatIsKeptAfterALossIsCaught() throws Exception {
    assertCaught(Fault.LOSES_THE_LAST_RUN, result -> result.history().lost());
  }

  @Test
  void aReadingThatBeginsLateIsCaught() throws Exception {
    assertCaught(Fault.RESUMES_ONE_LATE, result -> result.subscribers().lostMiddle());
  }

  @Test
  void aReadingThatBeginsEarlyIsCaught() throws Exception {
    assertCaught(Fault.RESUMES_ONE_EARLY, result -> result.subscribers().duplicated());
  }

  @Test
  void anOrderThatIsSwappedIsCaught() throws Exception {
    assertCaught(Fault.SWAPS_TWO, result -> result.subscribers().reordered());
  }

  private void assertCaught(Fault fault, ToLongFunction<CrashRun.Result> caught) throws Exception {
    long begin = System.nanoTime();
    CrashRun.Result result;
    try (var run = new CrashRun(data, KILLS, 4000, 60, 7, null, PlantedHub.class, fault.name())) {
      result = run.run();
    }
    assertThat(caught.applyAsLong(result)).as(fault + ": " + result.report()).isPositive();
    Reports.say(
        "%s: caught, %d in %.1f s",
        fault, caught.applyAsLong(result), (System.nanoTime() - begin) / 1e9);
  }
}
