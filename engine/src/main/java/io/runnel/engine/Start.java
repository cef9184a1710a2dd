package io.runnel.engine;

/** Where in its topics a subscription begins. */
public sealed interface Start {
  /** With the next event. A topic that is complete begins with its oldest event kept. */
  Start NOW = new Now();

  /** With the oldest event kept. */
  Start OLDEST = new Oldest();

  /** With the newest event kept of each topic. */
  Start LATEST = new Latest();

  /**
   * After the event or position that a cursor names, as it came from a client: any text at all. A
   * cursor that cannot be honoured is answered with a gap event, never with an error.
   */
  static Start after(String cursor) {
    return new After(cursor);
  }

  /** See {@link #NOW}. */
  record Now() implements Start {}

  /** See {@link #OLDEST}. */
  record Oldest() implements Start {}

  /** See {@link #LATEST}. */
  record Latest() implements Start {}

  /** See {@link #after}. */
  record After(String cursor) implements Start {}
}
