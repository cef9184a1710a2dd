package io.runnel.engine;

/**
 * A subscriber's position in the topics that it asked for.
 *
 * <p>Belongs to its lane: every method is called on the lane's thread.
 */
public interface Subscription {
  /**
   * The sink has sent all that it kept of an earlier batch: go on from here. Calling it when
   * nothing was kept does no harm.
   */
  void writable();

  /** Ends this subscription from the subscriber's side; the sink is not called again. */
  void close();

  /** Whether it has neither been closed nor ended. */
  boolean isOpen();
}
