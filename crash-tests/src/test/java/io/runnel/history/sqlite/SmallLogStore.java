package io.runnel.history.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.History;
import io.runnel.engine.Hub;
import io.runnel.engine.HubSettings;
import io.runnel.engine.Retention;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicRules;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** A hub over a history that moves its log into its database every 128 KiB. */
final class SmallLogStore implements AutoCloseable {
  static final Topic KEPT = new Topic("kept");

  /** Of this only the last few events are kept. */
  static final Topic TRIMMED = new Topic("trimmed");

  static final int TRIMMED_EVENTS = 5;
  private static final long LOG_BYTES = 128 << 10;

  final SqliteHistory history;
  final Hub hub;

  SmallLogStore(Path directory) throws IOException {
    var all = new Retention(1_000_000, 1L << 40, Duration.ofDays(10));
    var few = new Retention(TRIMMED_EVENTS, 1L << 40, Duration.ofDays(10));
    var random = new SplittableRandom();
    history =
        new SqliteHistory(
            directory,
            TopicRules.always(all).and(io.runnel.engine.TopicPattern.of(TRIMMED), few),
            1L << 40,
            InstantSource.system(),
            random.split(),
            Disk.REAL,
            LOG_BYTES);
    try {
      hub = new Hub(HubSettings.DEFAULT, history, InstantSource.system(), random);
    } catch (IOException | RuntimeException e) {
      history.close();
      throw e;
    }
  }

  String epoch() {
    return hub.cursor().substring(0, 8);
  }

  long lastOffset() {
    return Long.parseLong(hub.cursor().substring(9));
  }

  /** The events that are kept of a topic, each as its id and its data: {@code 3fa9c2d1-17 text}. */
  List<String> read(Topic topic) throws Exception {
    var events = new ArrayList<String>();
    for (long position = 0; position < lastOffset(); ) {
      var answer = new Answer();
      history.read(List.of(topic), position, lastOffset(), 64 << 10, answer);
      for (EncodedEvent event : answer.events.get(30, SECONDS)) events.add(text(event));
      position = answer.through;
    }
    return events;
  }

  private static String text(EncodedEvent event) {
    String block = new String(event.bytes(), UTF_8);
    return block.substring(block.indexOf("id: ") + 4, block.indexOf('\n'))
        + ' '
        + block.substring(block.indexOf("data: ") + 6, block.length() - 2);
  }

  @Override
  public void close() {
    hub.close();
  }

  private static final class Answer implements History.ReadAnswer {
    final CompletableFuture<List<EncodedEvent>> events = new CompletableFuture<>();
    volatile long through;

    @Override
    public void read(List<EncodedEvent> events, long through, long[] trimmedThrough) {
      this.through = through;
      this.events.complete(events);
    }

    @Override
    public void failed(IOException failure) {
      events.completeExceptionally(failure);
    }
  }
}
