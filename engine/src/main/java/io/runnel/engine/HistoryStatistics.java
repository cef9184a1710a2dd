package io.runnel.engine;

/**
 * What a history holds, as of about now.
 *
 * @param events events kept
 * @param bytes bytes of their blocks as sent
 * @param fileBytes bytes of its files, the log included; 0 in memory
 * @param logBytes bytes of the file in which it notes what is new; 0 in memory
 * @param keys idempotency keys remembered, about
 * @param keysForgottenEarly idempotency keys forgotten before their time since the start, as there
 *     were too many
 * @param waiting publications that wait to be kept
 */
public record HistoryStatistics(
    long events,
    long bytes,
    long fileBytes,
    long logBytes,
    long keys,
    long keysForgottenEarly,
    long waiting) {
  /** Of a history that counts nothing. */
  public static final HistoryStatistics NONE = new HistoryStatistics(0, 0, 0, 0, 0, 0, 0);
}
