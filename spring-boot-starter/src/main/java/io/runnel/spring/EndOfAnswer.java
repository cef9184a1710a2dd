package io.runnel.spring;

import org.springframework.http.server.reactive.ServerHttpRequest;

/**
 * The rest of an answer, the stream of which is over: its connection is cut if the client takes
 * nothing of it, since Reactor Netty would wait without end. The timer's thread.
 */
final class EndOfAnswer {
  private final ServerHttpRequest request;
  private final int writeTimeoutTicks;
  private long queuedSeen = -1;
  private int quietTicks;

  EndOfAnswer(ServerHttpRequest request, int writeTimeoutTicks) {
    this.request = request;
    this.writeTimeoutTicks = writeTimeoutTicks;
  }

  /** About once a second. True if this need not be looked after any longer. */
  boolean tick() {
    long queued = ClientConnection.queuedBytes(request);
    quietTicks = queued == queuedSeen ? quietTicks + 1 : 0;
    queuedSeen = queued;
    if (queued == 0) return quietTicks > 0; // At first the last events may be on their way.
    if (quietTicks < writeTimeoutTicks) return false;
    ClientConnection.cut(request);
    return true;
  }
}
