package io.runnel.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * Opens a history that is kept in a directory; found by {@link java.util.ServiceLoader}, so that
 * nothing that serves events has to know a storage.
 */
public interface HistoryProvider {
  /**
   * A history in this directory, which is made if it is missing.
   *
   * @param retention how much is kept of each topic
   * @param maxBytes the most bytes kept of all topics together
   * @param clock the source of its time
   * @param random the source of its epoch
   * @throws IOException if the directory cannot be used, or another process uses it; the message is
   *     for the person who chose the directory
   */
  History open(
      Path directory,
      TopicRules<Retention> retention,
      long maxBytes,
      InstantSource clock,
      RandomGenerator random)
      throws IOException;
}
