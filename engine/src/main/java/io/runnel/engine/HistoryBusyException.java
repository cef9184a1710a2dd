package io.runnel.engine;

/** An event was not kept because too many wait to be kept: to be tried again soon. */
public final class HistoryBusyException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  /** Says how many wait. */
  public HistoryBusyException(long events, long bytes) {
    super(events + " events of " + bytes + " bytes wait to be kept already: try again soon");
  }
}
