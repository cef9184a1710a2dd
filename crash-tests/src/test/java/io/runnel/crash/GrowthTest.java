package io.runnel.crash;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real hub with a small retention is published to for long, events of all sizes and to many
 * topics: its files come to a size, and keep it.
 */
@Tag("slow")
class GrowthTest {
  private static final int SECONDS = Integer.getInteger("crash.growth", 12);
  private static final int SAMPLES = 12;
  private static final int PUBLISHERS = 4;
  private static final int TOPICS = 20;
  private static final int BATCH = 50;
  private static final int MAX_DATA = 3000;
  private static final long SEED = Long.getLong("crash.seed", System.nanoTime());

  @TempDir Path data;

  private final AtomicLong events = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private volatile boolean isOver;

  private record Sample(int seconds, long events, long bytes, long database, long log) {
    @Override
    public String toString() {
      return "%7d s %12d events %9.1f MiB published  database %6.2f MiB  log %6.2f MiB"
          .formatted(seconds, events, mebibytes(bytes), mebibytes(database), mebibytes(log));
    }
  }

  @Test
  void filesComeToASizeAndKeepIt() throws Exception {
    int port = HubProcess.ownPort();
    var samples = new ArrayList<Sample>();
    try (HubProcess hub =
        new HubProcess.Builder(port, data).with("--retain", "**=500,128KiB,1h").start()) {
      hub.awaitReady();
      var publishers = new ArrayList<CompletableFuture<Void>>();
      for (int i = 0; i < PUBLISHERS; i++) {
        int index = i;
        publishers.add(
            CompletableFuture.runAsync(
                () -> publish(port, index), task -> new Thread(task, "publisher").start()));
      }
      long began = System.nanoTime();
      while (samples.size() < SAMPLES) {
        Thread.sleep(SECONDS * 1000L / SAMPLES);
        samples.add(sample((int) Duration.ofNanos(System.nanoTime() - began).toSeconds()));
      }
      isOver = true;
      for (CompletableFuture<Void> publisher : publishers) publisher.join();
    }
    Reports.say("seed %d: %d topics of at most 500 events and 128 KiB", SEED, TOPICS);
    samples.forEach(sample -> Reports.say("%s", sample));
    Sample last = samples.get(SAMPLES - 1);
    long early = largest(samples.subList(SAMPLES / 3, 2 * SAMPLES / 3));
    long late = largest(samples.subList(2 * SAMPLES / 3, SAMPLES));
    assertThat(late).as("database, in the last third").isLessThanOrEqualTo(early + early / 10);
    assertThat(late).isLessThan(TOPICS * (512L << 10));
    assertThat(samples).allMatch(sample -> sample.log <= 64L << 20);
    assertThat(last.bytes).as("published").isGreaterThan(4 * last.database);
  }

  private Sample sample(int seconds) throws IOException {
    return new Sample(
        seconds,
        events.get(),
        bytes.get(),
        Files.size(data.resolve("events.db")),
        Files.size(data.resolve("events.db-wal")));
  }

  private static long largest(List<Sample> samples) {
    return samples.stream().mapToLong(Sample::database).max().orElseThrow();
  }

  private static double mebibytes(long bytes) {
    return bytes / 1048576.0;
  }

  /** Batches of events of all sizes, one in three under an id of its publisher's. */
  private void publish(int port, int index) {
    var random = new SplittableRandom(SEED + index);
    var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    try {
      while (!isOver) {
        var lines = new StringBuilder();
        for (int i = 0; i < BATCH; i++) {
          String text = "x".repeat(1 + random.nextInt(random.nextBoolean() ? 100 : MAX_DATA));
          String id = i % 3 == 0 ? ",\"id\":\"" + index + "/" + random.nextInt() + "\"" : "";
          lines.append("{\"data\":\"").append(text).append('"').append(id).append("}\n");
        }
        HttpRequest request =
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + port + "/events/t" + random.nextInt(TOPICS)))
                .header("Content-Type", "application/x-ndjson")
                .timeout(Duration.ofSeconds(60))
                .POST(BodyPublishers.ofString(lines.toString(), UTF_8))
                .build();
        var answer = client.send(request, BodyHandlers.ofString());
        if (answer.statusCode() != 200) throw new AssertionError(answer + ": " + answer.body());
        events.addAndGet(BATCH);
        bytes.addAndGet(lines.length());
      }
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
