package io.runnel.engine;

/**
 * What a history has trimmed since its start, by the {@link RetentionLimit} that made it.
 *
 * @param events as a topic had too many
 * @param bytes as a topic had too many bytes
 * @param age as they were too old
 * @param allTopics as all topics together had too many bytes
 */
public record TrimStatistics(Trimmed events, Trimmed bytes, Trimmed age, Trimmed allTopics) {
  /** Nothing. */
  public static final TrimStatistics NONE = new TrimCounts().statistics();

  /**
   * What one limit has taken.
   *
   * @param events how many events
   * @param bytes how many bytes of their blocks as sent
   */
  public record Trimmed(long events, long bytes) {}
}
