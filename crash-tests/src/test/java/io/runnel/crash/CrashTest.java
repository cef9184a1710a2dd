package io.runnel.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./prove crash}, and its short form: docs/crash-tests.md. */
class CrashTest {
  private static final int KILLS = Integer.getInteger("crash.kills", 20);
  private static final long ACKNOWLEDGED = Long.getLong("crash.acknowledged", 5_000);
  private static final int SECONDS = Integer.getInteger("crash.seconds", 240);
  private static final long SEED = Long.getLong("crash.seed", System.nanoTime());

  /** Where certificates are, if all is to go over TLS. */
  private static final String TLS = System.getProperty("crash.tls");

  @TempDir Path data;

  @Test
  @Tag("slow")
  void whatWasAcknowledgedSurvivesKillAndReachesEverySubscriberOnceAndInOrder() throws Exception {
    CrashRun.Result result;
    // A life lasts about a second; a busy machine does not come to all of this.
    double rate = Math.max(3000, 3.0 * ACKNOWLEDGED / KILLS);
    Path certificates = TLS == null ? null : Path.of(TLS);
    try (var run = new CrashRun(data, KILLS, rate, SECONDS, SEED, certificates, null, "")) {
      result = run.run();
    }
    Reports.say("%s", "seed " + SEED + ": " + result.report());
    assertThat(result.isClean()).as(result.report()).isTrue();
    assertThat(result.kills()).as("kills in " + SECONDS + " s").isEqualTo(KILLS);
    assertThat(result.acknowledged()).isGreaterThanOrEqualTo(ACKNOWLEDGED);
  }
}
