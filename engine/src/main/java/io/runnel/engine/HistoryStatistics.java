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
 * @param noRoom publications refused since the start as there was no room for them on the disk
 * @param freeBytes bytes for which there is room on its disk; -1 in memory
 * @param trimmed what retention has taken since the start
 */
public record HistoryStatistics(
    long events,
    long bytes,
    long fileBytes,
    long logBytes,
    long keys,
    long keysForgottenEarly,
    long waiting,
    long noRoom,
    long freeBytes,
    TrimStatistics trimmed) {
  /** Of a history that counts nothing. */
  public static final HistoryStatistics NONE =
      new HistoryStatistics(0, 0, 0, 0, 0, 0, 0, 0, -1, TrimStatistics.NONE);
}
