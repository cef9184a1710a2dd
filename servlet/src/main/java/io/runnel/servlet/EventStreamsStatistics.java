package io.runnel.servlet;

/**
 * What the event streams of a web application counted so far; what its topics did is in {@link
 * io.runnel.engine.Hub#statistics()}.
 *
 * @param open streams that are open now
 * @param opened streams that were opened
 * @param refused streams that were sent away, because there were too many, or too many sources
 * @param slow streams that were cut because their client did not take what was sent
 * @param loggedOut streams that ended with the login session of their request, or by {@link
 *     EventStreams#endUser}
 * @param failed streams that ended because the history could not be read, or something threw
 * @param sources {@link EventSource}s whose {@code onOpen} or {@code onResume} runs now
 * @param sourcesFailed sources of which a callback threw
 * @param sourcesAbandoned loops that went on after the end of their stream, and were thrown out
 * @param gateTimeouts how often a callback of the container waited in vain for a write to end:
 *     always 0, unless the container is broken
 */
public record EventStreamsStatistics(
    int open,
    long opened,
    long refused,
    long slow,
    long loggedOut,
    long failed,
    int sources,
    long sourcesFailed,
    long sourcesAbandoned,
    long gateTimeouts) {}
