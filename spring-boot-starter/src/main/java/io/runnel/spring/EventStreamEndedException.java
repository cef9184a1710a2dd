package io.runnel.spring;

import io.runnel.servlet.StreamEnd;
import java.io.IOException;

/**
 * An event stream has ended: what {@code onError} and a {@code send} that comes too late are told.
 */
public final class EventStreamEndedException extends IOException {
  private static final long serialVersionUID = 1;

  private final StreamEnd reason;

  EventStreamEndedException(StreamEnd reason) {
    super("the event stream is over: " + sentence(reason));
    this.reason = reason;
  }

  /** Why it ended; whether the client left or was too slow, say. */
  public StreamEnd reason() {
    return reason;
  }

  private static String sentence(StreamEnd reason) {
    return switch (reason) {
      case CLOSED -> "it was completed";
      case COMPLETED -> "its topics are complete";
      case LEFT -> "its client has left";
      case SLOW -> "its client did not take what was sent, and was disconnected";
      case REFUSED -> "it never began, as there are too many";
      case LOGGED_OUT -> "its login session has ended";
      case RELEASED -> "the application stops";
      case FAILED -> "it failed, see the log";
    };
  }
}
