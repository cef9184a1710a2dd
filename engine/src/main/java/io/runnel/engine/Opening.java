package io.runnel.engine;

import org.jspecify.annotations.Nullable;

/**
 * How a subscription begins.
 *
 * @param cursor the position at which it begins, as an event id
 * @param recovered whether nothing is missing since the subscriber's cursor; null if it had none
 * @param finished whether the subscriber has all there will ever be: its topics are complete, and
 *     nothing follows
 */
public record Opening(String cursor, @Nullable Boolean recovered, boolean finished) {}
