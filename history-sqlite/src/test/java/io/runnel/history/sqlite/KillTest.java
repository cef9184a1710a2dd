package io.runnel.history.sqlite;

import static io.runnel.history.sqlite.Store.ORDERS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process is killed again and again: what it acknowledged is kept, in order and once. */
final class KillTest {
  private static final int KILLS = Integer.getInteger("runnel.kills", 6);

  @TempDir private Path directory;

  @Test
  void whatWasAcknowledgedSurvivesKillAndKeepsItsEpochAndPlace() throws Exception {
    var random = new SplittableRandom();
    Map<String, String> acknowledged = new HashMap<>();
    String epoch = null;
    for (int kill = 0; kill < KILLS; kill++) {
      Map<String, String> now = publishUntilKilled("run" + kill, 1 + random.nextInt(500));
      acknowledged.putAll(now);
      try (var store = new Store(directory)) {
        if (epoch == null) epoch = store.epoch();
        assertThat(store.epoch()).isEqualTo(epoch);
        check(acknowledged, store.readAll(ORDERS), epoch);
      }
    }
    System.getLogger("test")
        .log(System.Logger.Level.INFO, KILLS + " kills, " + acknowledged.size() + " acknowledged");
  }

  private static void check(Map<String, String> acknowledged, Store.Read read, String epoch) {
    Map<String, String> kept = new HashMap<>();
    for (int i = 0; i < read.data().size(); i++) {
      kept.put(epoch + '-' + read.offsets().get(i), read.data().get(i));
    }
    assertThat(kept).hasSize(read.data().size()).containsAllEntriesOf(acknowledged);
    assertThat(new HashSet<>(read.data())).as("each once").hasSize(read.data().size());
    assertThat(read.offsets()).isSorted();
    assertThat(read.trimmedThrough()).isZero();
  }

  /** The acknowledgements that the process wrote before it was killed. */
  private Map<String, String> publishUntilKilled(String prefix, int atLeast) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process process =
        new ProcessBuilder(
                List.of(
                    java,
                    "-cp",
                    System.getProperty("java.class.path"),
                    KilledPublisher.class.getName(),
                    directory.toString(),
                    prefix))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    Map<String, String> acknowledged = new HashMap<>();
    try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int space = line.indexOf(' ');
        acknowledged.put(line.substring(0, space), line.substring(space + 1));
        if (acknowledged.size() == atLeast) process.toHandle().destroyForcibly();
      }
    }
    process.waitFor();
    assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(atLeast);
    return acknowledged;
  }
}
