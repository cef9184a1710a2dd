package io.runnel.engine;

/** An event was not kept because there is no room for it on the disk. */
public final class HistoryFullException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  /** Says what is full. */
  public HistoryFullException(String message) {
    super(message);
  }

  /** Says what is full, and how that was found out. */
  public HistoryFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
