package io.runnel.engine;

/** The hub is closed: it takes no more events. */
public final class HubClosedException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  HubClosedException() {
    super("the hub is closed");
  }
}
