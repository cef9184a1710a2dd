package io.runnel.spring;

import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.util.ClassUtils;
import reactor.netty.http.server.HttpServerRequest;

/**
 * Cuts the connection of a client that takes nothing. Reactor Netty would wait without end until
 * the client has taken the end of the answer. Other servers have timeouts of their own.
 */
final class StalledConnection {
  private static final boolean HAS_REACTOR_NETTY =
      ClassUtils.isPresent(
          "reactor.netty.http.server.HttpServerRequest", StalledConnection.class.getClassLoader());

  private StalledConnection() {}

  static void cut(ServerHttpRequest request) {
    if (!HAS_REACTOR_NETTY) return;
    Object server = ServerHttpRequestDecorator.getNativeRequest(request);
    if (server instanceof HttpServerRequest netty) {
      netty.withConnection(connection -> connection.channel().close());
    }
  }
}
