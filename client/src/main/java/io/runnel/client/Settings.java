package io.runnel.client;

import io.runnel.eventstream.ParserLimits;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.DoubleSupplier;

/** What an {@link EventSource.Builder} was told, and the world it runs in. */
record Settings(
    Requests request,
    String lastEventId,
    Duration reconnectionTime,
    ReconnectPolicy policy,
    Duration stableAfter,
    Duration openTimeout,
    Duration idleTimeout,
    boolean idleTimeoutIsFixed,
    ParserLimits limits,
    Connection.Connector connector,
    Timers timers,
    Executor executor,
    DoubleSupplier chance) {

  /** Makes the request of each attempt. */
  @FunctionalInterface
  interface Requests {
    StreamRequest next(String lastEventId) throws Exception;
  }
}
