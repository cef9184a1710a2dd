package io.runnel.engine;

/** One event of a batch cannot be published, so none of them is. */
public final class EventInBatchRefusedException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  private final int index;

  EventInBatchRefusedException(int index, IllegalArgumentException why) {
    super(why.getMessage(), why);
    this.index = index;
  }

  /** Which of them, counted from 0. */
  public int index() {
    return index;
  }
}
