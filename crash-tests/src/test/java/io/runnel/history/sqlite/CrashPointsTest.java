package io.runnel.history.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.crash.Reports;
import io.runnel.crash.Strace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A scripted run is recorded call by call; then the machine crashes at each of its steps, and loses
 * or tears whatever had not been synchronised by then. Every start is clean, and every event that
 * had been acknowledged is there.
 */
@Tag("slow")
class CrashPointsTest {
  private static final boolean ALL = "all".equals(System.getProperty("crash.points"));
  private static final int SAMPLE = 250;
  private static final long SEED = Long.getLong("crash.seed", 42);
  private static final String CALLS =
      "openat,pwrite64,write,fdatasync,fsync,ftruncate,unlink,unlinkat,rename,renameat,renameat2,link";

  @TempDir Path directory;

  private final SplittableRandom random = new SplittableRandom(SEED);
  private int starts;

  @Test
  void whereverTheMachineCrashesWhatWasAcknowledgedIsKept() throws Exception {
    Strace.require();
    Path data = directory.resolve("data");
    List<Strace.Call> calls = record(data);
    var disk = new UnsafeDisk(data);
    int points = (int) calls.stream().filter(disk::concerns).count();
    var acknowledged = new ArrayList<String>();
    int checkpoints = 0;
    int point = 0;
    for (Strace.Call call : calls) {
      acknowledged.addAll(saidBy(call));
      if (!disk.concerns(call)) continue;
      if (call.name().equals("pwrite64") && call.file().endsWith("events.db")) checkpoints++;
      disk.apply(call);
      point++;
      if (ALL || random.nextInt(points) < SAMPLE) crashHere(disk, acknowledged, point);
    }
    assertThat(checkpoints).as("pages that checkpoints moved").isGreaterThan(20);
    assertThat(acknowledged).hasSize(2 * (24 * 2 + 9 + 20));
    Reports.say(
        "%d steps, %d starts after a crash at %s of them, seed %d: all clean, none of %d"
            + " acknowledged events lost",
        points, starts, ALL ? "each" : "some", SEED, acknowledged.size());
  }

  private static List<String> saidBy(Strace.Call call) {
    if (!call.file().startsWith("pipe:")) return List.of();
    return call.strings().stream()
        .map(text -> new String(text, UTF_8))
        .filter(text -> text.startsWith("acknowledged "))
        .toList();
  }

  private List<Strace.Call> record(Path data) throws IOException, InterruptedException {
    Path recording = directory.resolve("calls");
    var command = new ArrayList<>(List.of(Strace.writing(recording, CALLS, 70_000)));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(RecordedRun.class.getName(), data.toString()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    process.getInputStream().readAllBytes();
    assertThat(process.waitFor()).isZero();
    List<Strace.Call> calls = Strace.read(recording);
    assertThat(calls)
        .filteredOn(call -> call.result() >= 0)
        .extracting(Strace.Call::name)
        .as("calls that the disk does not know")
        .doesNotContain("rename", "renameat", "renameat2", "link");
    return calls;
  }

  private void crashHere(UnsafeDisk disk, List<String> acknowledged, int point) throws Exception {
    for (UnsafeDisk.Crash crash : UnsafeDisk.Crash.values()) {
      Path left = Files.createDirectory(directory.resolve("left"));
      disk.crash(left, crash, random);
      takeForTheSameFiles(left);
      try (var store = new SmallLogStore(left)) {
        check(store, acknowledged, "step " + point + ", " + crash + ", seed " + SEED);
        store.hub.publish(SmallLogStore.KEPT, io.runnel.eventstream.Event.of("after")).get();
      }
      delete(left);
      starts++;
    }
  }

  /** A disk that comes back has the same inodes; these files are copies. */
  private static void takeForTheSameFiles(Path left) throws IOException {
    Path database = left.resolve("events.db");
    Path file = left.resolve("heads");
    if (!Files.exists(database) || !Files.exists(file)) return;
    try (Heads heads = Heads.open(file)) {
      Heads.Witness witness = heads.read();
      if (witness == null) return;
      heads.write(
          new Heads.Witness(
              witness.epoch(), witness.offset(), Database.inode(database), witness.isDamaged()));
    }
  }

  private static void check(SmallLogStore store, List<String> acknowledged, String where)
      throws Exception {
    assertThat(store.hub.failure()).as(where).isNull();
    Map<String, List<String>> expected = new HashMap<>();
    for (String line : acknowledged) {
      String[] words = line.strip().split(" ", 4);
      String event = words[2] + " " + words[3];
      expected.computeIfAbsent(words[1], topic -> new ArrayList<>()).add(event);
      boolean isMinted = words[2].contains("-");
      if (isMinted) assertThat(words[2]).as(where).startsWith(store.epoch());
    }
    List<String> answered = expected.getOrDefault("kept", List.of());
    List<String> read = store.read(SmallLogStore.KEPT);
    assertThat(read).as(where).hasSizeGreaterThanOrEqualTo(answered.size());
    assertThat(read.subList(0, answered.size())).as(where).isEqualTo(answered);
    List<String> trimmed = store.read(SmallLogStore.TRIMMED);
    List<String> all = expected.getOrDefault("trimmed", List.of());
    int kept = Math.min(all.size(), SmallLogStore.TRIMMED_EVENTS - 1);
    assertThat(trimmed).as(where).containsAll(all.subList(all.size() - kept, all.size()));
    assertThat(trimmed).as(where).hasSizeLessThanOrEqualTo(SmallLogStore.TRIMMED_EVENTS);
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) Files.delete(file);
    }
    Files.delete(directory);
  }
}
