package io.runnel.history.sqlite;

import io.runnel.engine.Topic;

/** Events of a topic are damaged or missing; what comes after them may be intact. */
final class TopicDamageException extends Exception {
  private static final long serialVersionUID = 1;

  final transient Topic topic;

  /** Everything up to here has to be given up. */
  final long through;

  TopicDamageException(Topic topic, long through, String what) {
    super("topic " + topic + ", through event " + through + ": " + what);
    this.topic = topic;
    this.through = through;
  }
}
