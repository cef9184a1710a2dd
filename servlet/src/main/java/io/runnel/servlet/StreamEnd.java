package io.runnel.servlet;

/** Why an event stream ended. */
public enum StreamEnd {
  /** {@link Emitter#close()} was called. */
  CLOSED(false),
  /** Every topic that was asked for is complete, and the client has all of it. */
  COMPLETED(false),
  /** The client has left, or its connection was cut. */
  LEFT(true),
  /** The client did not take what was sent, and was disconnected. */
  SLOW(true),
  /** There were too many streams, or what was asked for cannot be had: it never began. */
  REFUSED(true),
  /** The login session of the request has ended, or {@link EventStreams#endUser} was called. */
  LOGGED_OUT(false),
  /** The application stops. */
  RELEASED(false),
  /** The history could not be read, or something of ours threw; the log says what. */
  FAILED(true);

  private final boolean isFailure;

  StreamEnd(boolean isFailure) {
    this.isFailure = isFailure;
  }

  /** Whether the client may not have got all that was meant for it. */
  public boolean isFailure() {
    return isFailure;
  }
}
