package io.runnel.engine;

/**
 * What the hub knows of one topic now.
 *
 * @param topic its name
 * @param newest the position of its newest event, as a number; 0 if it never had one
 * @param trimmedThrough the position of its newest event that is no longer kept; 0 if all are
 * @param completed whether it has ended
 */
public record TopicStatistics(Topic topic, long newest, long trimmedThrough, boolean completed) {}
