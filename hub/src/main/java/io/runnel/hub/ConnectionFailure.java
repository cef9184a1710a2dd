package io.runnel.hub;

import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.PrematureChannelClosureException;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells of a connection that failed. Any thread. */
final class ConnectionFailure {
  private static final Logger log = LoggerFactory.getLogger(ConnectionFailure.class);

  private ConnectionFailure() {}

  /** A client that goes away, or breaks off its TLS, is no error of ours, and no warning. */
  static void tell(Throwable failure) {
    if (isTheClients(failure)) log.debug("client left: {}", failure.getMessage());
    else log.warn("connection failed", failure);
  }

  private static boolean isTheClients(Throwable failure) {
    // What goes wrong with TLS comes wrapped.
    boolean isWrapped = failure instanceof DecoderException && failure.getCause() != null;
    Throwable reason = isWrapped ? failure.getCause() : failure;
    return reason instanceof IOException || reason instanceof PrematureChannelClosureException;
  }
}
