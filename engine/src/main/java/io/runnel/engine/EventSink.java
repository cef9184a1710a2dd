package io.runnel.engine;

/**
 * Where a subscription's bytes go: a socket, usually.
 *
 * <p>Called on the thread of the subscription's lane only. A sink whose client has gone calls
 * {@link Subscription#close()}. It should not throw; one that does is ended with {@link
 * EndReason#FAILED}, and the other subscriptions of the lane do not notice.
 */
public interface EventSink {
  /**
   * What a subscription begins with; called once, before the first batch.
   *
   * @return whether to go on; a sink that answers false (because all that it has to say is in the
   *     opening) is not called again
   */
  boolean open(Opening opening);

  /**
   * Takes a batch. The bytes may be read during the call only.
   *
   * @return true if all of it has gone; false if the sink kept a rest (at most one batch), in which
   *     case it gets nothing more until it calls {@link Subscription#writable()}
   */
  boolean write(EventBatch batch);

  /**
   * Whether a batch could go anywhere. Asked of several sinks in a row, shortly before they are
   * written to: a sink that reads here what its write will read has it at hand by then. One that is
   * not open is written to all the same, and its write says so.
   */
  default boolean isOpen() {
    return true;
  }

  /**
   * Whether some of the rest has gone since it was kept, or since this was asked last: who takes a
   * large event slowly is not one who takes nothing, and is given the write timeout anew. Asked
   * about once a second as long as a rest is kept.
   */
  default boolean hasTakenSome() {
    return false;
  }

  /** The stream ends here, from the hub's side; the sink is not called again. */
  void end(EndReason reason);

  /** Why a stream ends from the hub's side. */
  enum EndReason {
    /** Every topic of the subscription is complete and the subscriber has all of it. */
    COMPLETED,
    /** The subscriber was too slow, and the policy of a topic is to disconnect it. */
    SLOW,
    /** The hub is stopping. */
    SHUTDOWN,
    /** The history failed to read what the subscriber is to get, or the sink threw. */
    FAILED
  }
}
