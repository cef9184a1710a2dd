package io.runnel.hub;

import java.io.IOException;

/** Somebody else listens on the port that the hub was to listen on. */
final class PortInUseException extends IOException {
  private static final long serialVersionUID = 1L;

  PortInUseException(ConfigKey<Integer> key, String host, int port, Throwable cause) {
    super(
        key
            + " "
            + port
            + " on "
            + host
            + " is in use; choose another with --"
            + key
            + " PORT, or any that is free with --"
            + key
            + " 0",
        cause);
  }
}
