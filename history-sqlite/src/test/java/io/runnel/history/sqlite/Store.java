package io.runnel.history.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.History;
import io.runnel.engine.Hub;
import io.runnel.engine.HubSettings;
import io.runnel.engine.Receipt;
import io.runnel.engine.Retention;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicRules;
import io.runnel.eventstream.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** A hub over a history on disk, for tests. */
final class Store implements AutoCloseable {
  static final Retention ALL = new Retention(1_000_000_000, 1L << 40, Duration.ofDays(100));
  static final Topic ORDERS = new Topic("orders");

  private static final SplittableRandom RANDOM = new SplittableRandom();

  final SqliteHistory history;
  final Hub hub;

  Store(Path directory) throws IOException {
    this(directory, ALL, 1L << 40);
  }

  Store(Path directory, Retention retention, long maxBytes) throws IOException {
    this(directory, retention, maxBytes, Disk.REAL);
  }

  Store(Path directory, Retention retention, long maxBytes, Disk disk) throws IOException {
    this(directory, retention, maxBytes, disk, Checkpoints.LOG_BYTES);
  }

  Store(Path directory, Retention retention, long maxBytes, Disk disk, long maxLogBytes)
      throws IOException {
    history =
        new SqliteHistory(
            directory,
            TopicRules.always(retention),
            maxBytes,
            InstantSource.system(),
            RANDOM.split(),
            disk,
            maxLogBytes);
    try {
      hub = new Hub(HubSettings.DEFAULT, history, InstantSource.system(), RANDOM.split());
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

  /** Publishes and waits; answers the id. */
  String publish(Topic topic, String data) throws Exception {
    return hub.publish(topic, Event.of(data)).get(30, SECONDS).id();
  }

  String publish(String data) throws Exception {
    return publish(ORDERS, data);
  }

  CompletableFuture<Receipt> begin(String data) {
    return hub.publish(ORDERS, Event.of(data));
  }

  /** What was read: the data of the events, and how far the topic was trimmed. */
  record Read(List<String> data, List<Long> offsets, long trimmedThrough) {}

  Read readAll(Topic topic) throws Exception {
    return read(topic, 0);
  }

  Read read(Topic topic, long after) throws Exception {
    var data = new ArrayList<String>();
    var offsets = new ArrayList<Long>();
    long position = after;
    long end = lastOffset();
    long trimmed = 0;
    do {
      var answer = new Answer();
      history.read(List.of(topic), position, end, 64 << 10, answer);
      Batch batch = answer.batch.get(30, SECONDS);
      for (EncodedEvent event : batch.events) {
        if (!event.isEnd()) data.add(data(event));
        offsets.add(event.offset());
      }
      position = batch.through;
      trimmed = batch.trimmedThrough;
    } while (position < end);
    return new Read(data, offsets, trimmed);
  }

  static String data(EncodedEvent event) {
    String block = new String(event.bytes(), UTF_8);
    return block.substring(block.indexOf("data: ") + 6, block.length() - 2);
  }

  String find(Topic topic, String id) throws Exception {
    var found = new CompletableFuture<String>();
    history.find(
        List.of(topic),
        id,
        (offset, repeats) -> found.complete(offset + (repeats ? " in doubt" : "")));
    return found.get(30, SECONDS);
  }

  @Override
  public void close() {
    hub.close();
  }

  private record Batch(List<EncodedEvent> events, long through, long trimmedThrough) {}

  private static final class Answer implements History.ReadAnswer {
    final CompletableFuture<Batch> batch = new CompletableFuture<>();

    @Override
    public void read(List<EncodedEvent> events, long through, long[] trimmedThrough) {
      batch.complete(new Batch(events, through, trimmedThrough[0]));
    }

    @Override
    public void failed(IOException failure) {
      batch.completeExceptionally(failure);
    }
  }

  /**
   * Writes the files of a history as another process would find them, with a witness that takes
   * them for the same files.
   */
  static void write(Path directory, byte[] database, byte[] log, Heads.Witness witness)
      throws IOException {
    Files.createDirectories(directory);
    Path file = directory.resolve("events.db");
    Files.write(file, database);
    Files.deleteIfExists(directory.resolve("events.db-shm"));
    if (log.length > 0) Files.write(directory.resolve("events.db-wal"), log);
    else Files.deleteIfExists(directory.resolve("events.db-wal"));
    try (Heads heads = Heads.open(directory.resolve("heads"))) {
      heads.write(
          new Heads.Witness(witness.epoch(), witness.offset(), Database.inode(file), false));
    }
  }
}
