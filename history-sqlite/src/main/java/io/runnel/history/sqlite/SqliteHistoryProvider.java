package io.runnel.history.sqlite;

import io.runnel.engine.History;
import io.runnel.engine.HistoryProvider;
import io.runnel.engine.Retention;
import io.runnel.engine.TopicRules;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/** Opens a {@link SqliteHistory}; found by {@link java.util.ServiceLoader}. */
public final class SqliteHistoryProvider implements HistoryProvider {
  /** For the service loader. */
  public SqliteHistoryProvider() {}

  @Override
  public History open(
      Path directory,
      TopicRules<Retention> retention,
      long maxBytes,
      InstantSource clock,
      RandomGenerator random)
      throws IOException {
    return new SqliteHistory(directory, retention, maxBytes, clock, random);
  }
}
