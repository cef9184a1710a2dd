package io.runnel.client;

import java.time.Duration;

/**
 * What a {@link ReconnectPolicy} is told.
 *
 * @param cause what happened
 * @param failures how many attempts in a row came to this, from 1; a connection that lived as long
 *     as {@link EventSource.Builder#stableAfter} starts the count again
 * @param lived how long the connection was open; zero if it never was
 * @param reconnectionTime the stream's reconnection time: the last {@code retry:} of the server, or
 *     the one that the source was made with
 * @param chance a random number, from 0 (inclusive) to 1 (exclusive), for jitter
 */
public record Interruption(
    ConnectionFailedException cause,
    int failures,
    Duration lived,
    Duration reconnectionTime,
    double chance) {
  /** Checks. */
  public Interruption {
    if (failures < 1) throw new IllegalArgumentException("failures below 1: " + failures);
    if (!(chance >= 0 && chance < 1)) throw new IllegalArgumentException("chance: " + chance);
  }
}
