package io.runnel.engine;

/** An idempotency key came again, with something else to publish. */
public final class IdempotencyKeyReusedException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /** Names the topic. */
  public IdempotencyKeyReusedException(Topic topic) {
    super("this idempotency key has been used for another event of topic " + topic);
  }
}
