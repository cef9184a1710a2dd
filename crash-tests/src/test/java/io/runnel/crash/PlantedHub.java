package io.runnel.crash;

import io.runnel.engine.History;
import io.runnel.engine.Hub;
import io.runnel.engine.Retention;
import io.runnel.engine.TopicRules;
import io.runnel.history.sqlite.SqliteHistoryProvider;
import io.runnel.hub.ConfigKey;
import io.runnel.hub.HubConfig;
import io.runnel.hub.HubServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;

/** The hub with a fault in it, named by the property {@code fault}; takes the same arguments. */
final class PlantedHub {
  private static final List<String> FILES = List.of("events.db", "events.db-wal", "heads");

  private PlantedHub() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Fault fault = Fault.valueOf(System.getProperty("fault"));
    Path data = Path.of(argument(args, "--data"));
    if (fault == Fault.LOSES_THE_LAST_RUN) putBackTheRunBefore(data);
    var random = new SplittableRandom();
    var clock = InstantSource.system();
    var retention = new Retention(1_000_000_000, 1L << 40, Duration.ofDays(10));
    History history =
        new SqliteHistoryProvider()
            .open(data, TopicRules.always(retention), 1L << 40, clock, random);
    HubConfig config =
        HubConfig.DEFAULT
            .with(ConfigKey.PORT, Integer.parseInt(argument(args, "--port")))
            .with(ConfigKey.RECONNECTION_TIME, Duration.ofMillis(50));
    var hub =
        new Hub(config.engineSettings(), new PlantedHistory(history, fault), clock, random.split());
    HubServer.start(config, hub, List.of());
    System.out.println("Ctrl-C stops it.");
    Thread.currentThread().join();
  }

  private static String argument(String[] args, String name) {
    return args[List.of(args).indexOf(name) + 1];
  }

  /** The files as the last start found them, in place, so that nothing can tell. */
  private static void putBackTheRunBefore(Path data) throws IOException {
    Path backup = data.resolve("backup");
    for (String name : FILES) {
      Path file = data.resolve(name);
      Path saved = backup.resolve(name);
      byte[] before = Files.exists(saved) ? Files.readAllBytes(saved) : null;
      if (before == null && !Files.exists(file)) continue;
      Files.createDirectories(backup);
      if (before == null) Files.copy(file, saved);
      else overwrite(file, before);
    }
    Files.deleteIfExists(data.resolve("events.db-shm"));
  }

  private static void overwrite(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      channel.write(ByteBuffer.wrap(bytes));
    }
  }
}
