package io.runnel.engine;

/** An event was published to a topic that is complete. */
public final class TopicCompletedException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  /** Names the topic. */
  public TopicCompletedException(Topic topic) {
    super("topic " + topic + " is complete: nothing can be published to it any more");
  }
}
