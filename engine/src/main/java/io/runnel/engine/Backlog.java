package io.runnel.engine;

/**
 * Who has not been given everything yet, as of the last tick.
 *
 * @param subscriptions subscriptions that stand behind the newest event
 * @param events how many positions the furthest of them is behind
 */
public record Backlog(int subscriptions, long events) {}
