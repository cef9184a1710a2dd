package io.runnel.hub;

import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.util.concurrent.EventExecutor;
import io.runnel.engine.SubscriptionRequest;

/**
 * What a request came on and its answer goes back on: a connection of HTTP/1.1 when the request's
 * turn has come, or a stream of HTTP/2.
 */
interface HttpCarrier {
  HubServer server();

  /** The loop that it belongs to. */
  Loop loop();

  /** The thread of that loop. */
  EventExecutor executor();

  /**
   * Does it on that thread when the carrier has closed, or at once if it has. Any thread.
   *
   * @return what takes it back, on that thread
   */
  Runnable onClose(Runnable task);

  /** The answer to one of its requests. Any thread. */
  void answer(HttpExchange exchange, FullHttpResponse response);

  /** Lets what the exchange asks for take the carrier, when its turn has come. Event loop. */
  void takeOver(HttpExchange exchange, Runnable takeover);

  /**
   * Answers the exchange, the turn of which has come, with an event stream. Event loop.
   *
   * @param onRefusal called if the answer is no stream
   */
  void stream(HttpExchange exchange, SubscriptionRequest request, Runnable onRefusal);
}
