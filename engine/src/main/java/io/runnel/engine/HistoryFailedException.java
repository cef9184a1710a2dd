package io.runnel.engine;

/** An event was not kept because the history takes no more events until it is opened anew. */
public final class HistoryFailedException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  /** Says why: {@link History#failure()}. */
  public HistoryFailedException(String message) {
    super(message);
  }
}
