package io.runnel.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A full disk and a disk that fails, under the real process. */
@Tag("slow")
class DiskTest {
  private static final String KILOBYTES = "x".repeat(20_000);

  @TempDir Path directory;

  private int port;
  private int adminPort;
  private int published;

  private HubProcess start(Path data) throws IOException, InterruptedException {
    port = HubProcess.ownPort();
    HubProcess hub = new HubProcess.Builder(port, data).start();
    adminPort = hub.awaitReady();
    return hub;
  }

  private HttpCalls.Answer publish() throws IOException, InterruptedException {
    HttpCalls.Answer answer = HttpCalls.publish(port, "a", published + " " + KILOBYTES);
    if (answer.status() == 200) published++;
    return answer;
  }

  // ---------------------------------------------------------------- full

  @Test
  void aFullDiskRefusesWith507ReadsOnAndRecoversWithoutARestart() throws Exception {
    Path small = Files.createDirectory(directory.resolve("small"));
    boolean isMounted = runs("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", small.toString());
    if (isMounted) {
      try {
        Path ballast = small.resolve("ballast");
        Files.write(ballast, new byte[3 << 20]);
        Reports.say("full disk: a tmpfs of 6 MiB");
        fillAndRecover(small.resolve("data"), Files::deleteIfExists, ballast);
      } finally {
        runs("umount", small.toString());
      }
    } else {
      Reports.say("full disk: no mount is allowed here, strace says ENOSPC");
      Strace.require();
      fillByStrace(small.resolve("data"));
    }
  }

  private interface Remover {
    Object remove(Path ballast) throws IOException;
  }

  private void fillAndRecover(Path data, Remover remover, Path ballast) throws Exception {
    try (HubProcess hub = start(data);
        var subscriber = subscriber()) {
      awaitSubscription(subscriber);
      HttpCalls.Answer refusal = publish();
      while (refusal.status() == 200) refusal = publish();
      assertIsFull(refusal);
      assertWorksButForPublishing(subscriber);
      assertSaidOnce(hub);
      remover.remove(ballast);
      assertSeenWithoutAPublish(hub);
      assertRecovers(subscriber);
      assertThat(hub.log()).doesNotContain("ERROR");
    }
    assertAllIsThereAfterARestart(data);
  }

  private void fillByStrace(Path data) throws Exception {
    try (HubProcess hub = start(data);
        var subscriber = subscriber()) {
      awaitSubscription(subscriber);
      for (int i = 0; i < 20; i++) assertThat(publish().status()).isEqualTo(200);
      Process fault = inject(hub, "pwrite64", "ENOSPC");
      HttpCalls.Answer refusal = publish();
      assertIsFull(refusal);
      assertWorksButForPublishing(subscriber);
      assertSaidOnce(hub);
      detach(fault);
      assertSeenWithoutAPublish(hub);
      assertRecovers(subscriber);
    }
    assertAllIsThereAfterARestart(data);
  }

  private static void assertIsFull(HttpCalls.Answer refusal) {
    assertThat(refusal.status()).isEqualTo(507);
    assertThat(refusal.body()).contains("the disk is full: there is no room for the event");
  }

  /** What is kept is read, subscribers stay, and it is no failure of the history. */
  private void assertWorksButForPublishing(Subscriber subscriber) throws Exception {
    assertThat(publish().status()).isEqualTo(507);
    HttpCalls.Answer ready = HttpCalls.get(adminPort, "/readyz");
    assertThat(ready.status()).isEqualTo(200);
    assertThat(ready.body())
        .contains("the disk is full: publishing is refused until there is room");
    awaitDelivered(subscriber);
    assertThat(kept()).isEqualTo(published);
    assertThat(subscriber.seen.connections).hasValue(1);
  }

  /** Two publishes were refused, and one line says so, and for the metrics. */
  private void assertSaidOnce(HubProcess hub) throws Exception {
    assertThat(hub.log()).containsOnlyOnce("the disk is full (");
    assertThat(HttpCalls.get(adminPort, "/metrics").body())
        .contains("\nrunnel_history_full 1.0\n", "\nrunnel_history_no_room_total 2.0\n");
  }

  private void assertSeenWithoutAPublish(HubProcess hub) throws Exception {
    for (int i = 0; i < 1000 && isRefusing(); i++) Thread.sleep(20);
    assertThat(isRefusing()).isFalse();
    assertThat(hub.log())
        .containsOnlyOnce("there is room again (")
        .contains("events are kept; 2 were refused");
  }

  private boolean isRefusing() throws IOException, InterruptedException {
    return HttpCalls.get(adminPort, "/readyz").body().contains("refused");
  }

  private void assertRecovers(Subscriber subscriber) throws Exception {
    for (int i = 0; i < 30; i++) {
      assertThat(publish()).extracting(HttpCalls.Answer::status).isEqualTo(200);
    }
    awaitDelivered(subscriber);
    assertThat(kept()).isEqualTo(published);
    assertThat(subscriber.seen.connections).hasValue(1);
  }

  // ---------------------------------------------------------------- failing

  @Test
  void afterAFailedSyncNothingIsAcknowledgedUntilTheHubIsStartedAnew() throws Exception {
    Strace.require();
    Path data = directory.resolve("data");
    try (HubProcess hub = start(data);
        var subscriber = subscriber()) {
      awaitSubscription(subscriber);
      for (int i = 0; i < 20; i++) assertThat(publish().status()).isEqualTo(200);
      Process fault = inject(hub, "fdatasync,fsync", "EIO");
      assertHasFailed(publish());
      detach(fault);
      // The disk works again, but what it made of the data is not known.
      assertHasFailed(publish());
      HttpCalls.Answer ready = HttpCalls.get(adminPort, "/readyz");
      assertThat(ready.status()).isEqualTo(503);
      assertThat(ready.body()).contains("the disk failed", "until the hub is started anew");
      assertThat(hub.log()).contains("the disk failed");
      awaitDelivered(subscriber);
      assertThat(kept()).isEqualTo(published);
      assertThat(subscriber.seen.size()).isEqualTo(published);
    }
    assertAllIsThereAfterARestart(data);
  }

  private static void assertHasFailed(HttpCalls.Answer answer) {
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.body()).contains("History failed", "the disk failed");
  }

  // ---------------------------------------------------------------- both

  private void assertAllIsThereAfterARestart(Path data) throws Exception {
    try (HubProcess hub = start(data)) {
      int kept = kept();
      assertThat(kept)
          .as("more only where the answer was that it is not known")
          .isBetween(published, published + 1);
      assertThat(publish().status()).isEqualTo(200);
      assertThat(hub.log()).doesNotContain("new epoch");
    }
  }

  private Subscriber subscriber() {
    return new Subscriber.Plain(0, URI.create("http://127.0.0.1:" + port + "/events/a"), 0);
  }

  private static void awaitSubscription(Subscriber subscriber) throws InterruptedException {
    while (subscriber.seen.connections.get() == 0) Thread.sleep(5);
  }

  private void awaitDelivered(Subscriber subscriber) throws InterruptedException {
    for (int i = 0; i < 2000 && subscriber.seen.size() < published; i++) Thread.sleep(5);
    assertThat(subscriber.seen.size()).isEqualTo(published);
  }

  /** How many events a new subscriber is given, which are numbered without a hole. */
  private int kept() throws IOException, InterruptedException {
    int count = 0;
    String cursor = "";
    while (true) {
      String answer =
          HttpCalls.get(port, "/events/a?transport=poll&from=oldest&lastEventId=" + cursor).body();
      int before = count;
      for (String block : answer.split("\n\n")) {
        if (block.contains("event: runnel.")) {
          assertThat(block).doesNotContain("runnel.gap");
          continue;
        }
        assertThat(block).contains("data: " + count + " x");
        cursor = block.substring(block.indexOf("id: ") + 4, block.indexOf('\n'));
        count++;
      }
      if (count == before) return count;
    }
  }

  /** From now on the calls fail, until this is detached. */
  private static Process inject(HubProcess hub, String calls, String error)
      throws IOException, InterruptedException {
    Process strace =
        new ProcessBuilder(
                "strace",
                "-f",
                "-q",
                "-o",
                "/dev/null",
                "-e",
                "trace=" + calls,
                "-e",
                "inject=" + calls + ":error=" + error,
                "-p",
                Long.toString(hub.pid()))
            .redirectErrorStream(true)
            .start();
    Path threads = Path.of("/proc/" + hub.pid() + "/task");
    for (int i = 0; i < 1000 && !areTraced(threads); i++) Thread.sleep(10);
    assertThat(areTraced(threads)).as("strace is attached").isTrue();
    return strace;
  }

  private static boolean areTraced(Path threads) throws IOException {
    var ids = new ArrayList<Path>();
    try (var list = Files.list(threads)) {
      list.forEach(ids::add);
    }
    for (Path id : ids) {
      try {
        if (Files.readString(id.resolve("status")).contains("TracerPid:\t0\n")) return false;
      } catch (IOException e) {
        // The thread has ended.
      }
    }
    return true;
  }

  private static void detach(Process strace) throws InterruptedException {
    strace.destroy();
    strace.waitFor();
  }

  private static boolean runs(String... command) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(List.of(command))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
