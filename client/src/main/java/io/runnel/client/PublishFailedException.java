package io.runnel.client;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An event was not acknowledged. */
public final class PublishFailedException extends IOException {
  private static final long serialVersionUID = 1;

  private final boolean mayBePublished;
  private final int status;

  PublishFailedException(
      String message, boolean mayBePublished, int status, @Nullable Throwable cause) {
    super(message, cause);
    this.mayBePublished = mayBePublished;
    this.status = status;
  }

  /**
   * Whether the event may be published all the same: a request left, and no answer said what became
   * of it. False if the hub refused each attempt, or none reached it.
   */
  public boolean mayBePublished() {
    return mayBePublished;
  }

  /** The HTTP status of the last answer, or 0 if there was none. */
  public int status() {
    return status;
  }
}
