package io.runnel.engine;

import static java.util.Objects.requireNonNull;

import io.runnel.engine.TrimStatistics.Trimmed;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what a history trims, by the limit that made it.
 *
 * <p>One thread at a time counts; any may read, a little late.
 */
public final class TrimCounts {
  private final Map<RetentionLimit, Count> counts = new EnumMap<>(RetentionLimit.class);

  /** Of one limit. No atomic addition is needed, as there is one who counts. */
  private static final class Count {
    private final AtomicLong events = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();

    void add(long moreEvents, long moreBytes) {
      events.setOpaque(events.getPlain() + moreEvents);
      bytes.setOpaque(bytes.getPlain() + moreBytes);
    }

    Trimmed trimmed() {
      return new Trimmed(events.getOpaque(), bytes.getOpaque());
    }
  }

  /** Nothing yet. */
  public TrimCounts() {
    for (RetentionLimit limit : RetentionLimit.values()) counts.put(limit, new Count());
  }

  /** Events went that had so many bytes, of their blocks as sent. */
  public void add(RetentionLimit limit, long events, long bytes) {
    of(limit).add(events, bytes);
  }

  /** All that was counted there. */
  public void add(TrimCounts other) {
    counts.forEach(
        (limit, count) -> {
          Count more = other.of(limit);
          count.add(more.events.getPlain(), more.bytes.getPlain());
        });
  }

  /** Begins at nothing again. */
  public void clear() {
    counts.values().forEach(count -> count.add(-count.events.getPlain(), -count.bytes.getPlain()));
  }

  /** What was counted. */
  public TrimStatistics statistics() {
    return new TrimStatistics(
        of(RetentionLimit.EVENTS).trimmed(),
        of(RetentionLimit.BYTES).trimmed(),
        of(RetentionLimit.AGE).trimmed(),
        of(RetentionLimit.ALL_TOPICS).trimmed());
  }

  private Count of(RetentionLimit limit) {
    return requireNonNull(counts.get(limit));
  }
}
