package io.runnel.engine;

import org.jspecify.annotations.Nullable;

/** Hears from a history; implemented by the hub. */
public interface HistoryListener {
  /**
   * A topic that is kept, told while the history opens.
   *
   * @param lastOffset the offset of its newest event ever
   * @param trimmedThrough the offset of its newest event that is no longer kept; 0 if none
   * @param newest its newest event if it is kept
   * @param completed whether it is complete
   */
  void topic(
      Topic topic,
      long lastOffset,
      long trimmedThrough,
      @Nullable EncodedEvent newest,
      boolean completed);

  /**
   * An event has its place (durable: on disk). Called in the order of offsets, one call at a time;
   * a lock of the history may be held. {@link #wake()} must follow.
   */
  void appended(EncodedEvent event);

  /**
   * Events of the topic up to this offset are no longer kept. A lock of the history may be held.
   */
  void trimmed(Topic topic, long through);

  /** After one or more {@link #appended}: lets subscribers have them. Called with no lock held. */
  void wake();
}
