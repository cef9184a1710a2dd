package io.runnel.engine;

/** A topic would have been one more than the limit. */
public final class TooManyTopicsException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  TooManyTopicsException(Topic topic, int limit) {
    super("no room for topic " + topic + ": the limit of " + limit + " topics is reached");
  }
}
