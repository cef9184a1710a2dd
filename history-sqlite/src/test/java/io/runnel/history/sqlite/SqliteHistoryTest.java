package io.runnel.history.sqlite;

import io.runnel.engine.History;
import io.runnel.engine.HistoryContract;
import io.runnel.engine.HistoryListener;
import io.runnel.engine.HistoryStatistics;
import io.runnel.engine.Publication;
import io.runnel.engine.Retention;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicRules;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;

/** The contract, with a real file; nothing is different but that maintenance is waited for. */
final class SqliteHistoryTest extends HistoryContract {
  @TempDir private @Nullable Path directory;

  @Override
  protected History newHistory(TopicRules<Retention> retention, long maxBytes, InstantSource clock)
      throws IOException {
    return new Waiting(
        new SqliteHistory(directory, retention, maxBytes, clock, new SplittableRandom(1)));
  }

  private record Waiting(SqliteHistory history) implements History {
    @Override
    public Opened open(HistoryListener listener) throws IOException {
      return history.open(listener);
    }

    @Override
    public void append(Publication publication) {
      history.append(publication);
    }

    @Override
    public void appendAll(List<Publication> publications) {
      history.appendAll(publications);
    }

    @Override
    public void read(
        List<Topic> topics, long after, long through, int maxBytes, ReadAnswer answer) {
      history.read(topics, after, through, maxBytes, answer);
    }

    @Override
    public void find(List<Topic> topics, String publisherId, FindAnswer answer) {
      history.find(topics, publisherId, answer);
    }

    @Override
    public void maintain(Instant now) {
      history.maintain(now);
      history.awaitTurn();
    }

    @Override
    public void forget(Topic topic) {
      history.forget(topic);
      history.awaitTurn();
    }

    @Override
    public HistoryStatistics statistics() {
      return history.statistics();
    }

    @Override
    public void close() {
      history.close();
    }
  }
}
