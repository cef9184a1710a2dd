package io.runnel.engine;

/** What makes a history forget events that it kept. */
public enum RetentionLimit {
  /** {@link Retention#events()} of a topic. */
  EVENTS,

  /** {@link Retention#bytes()} of a topic. */
  BYTES,

  /** {@link Retention#age()} of a topic. */
  AGE,

  /** The most bytes of all topics together. */
  ALL_TOPICS
}
