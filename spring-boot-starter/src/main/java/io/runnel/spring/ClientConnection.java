package io.runnel.spring;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOutboundBuffer;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.util.ClassUtils;
import reactor.netty.http.server.HttpServerRequest;

/**
 * What Spring does not tell and Reactor Netty does not do of the connection of a request. Other
 * servers have timeouts of their own.
 */
final class ClientConnection {
  private static final boolean HAS_REACTOR_NETTY =
      ClassUtils.isPresent(
          "reactor.netty.http.server.HttpServerRequest", ClientConnection.class.getClassLoader());

  private ClientConnection() {}

  /**
   * Cuts the connection of a client that takes nothing: Reactor Netty would wait without end until
   * the client has taken the end of the answer.
   */
  static void cut(ServerHttpRequest request) {
    if (!HAS_REACTOR_NETTY) return;
    Object server = ServerHttpRequestDecorator.getNativeRequest(request);
    if (server instanceof HttpServerRequest netty) {
      netty.withConnection(connection -> connection.channel().close());
    }
  }

  /** How many bytes are queued until the client's socket takes them; 0 if nobody can tell. */
  static long queuedBytes(ServerHttpRequest request) {
    if (!HAS_REACTOR_NETTY) return 0;
    Object server = ServerHttpRequestDecorator.getNativeRequest(request);
    if (!(server instanceof HttpServerRequest netty)) return 0;
    var queued = new long[1];
    netty.withConnection(connection -> queued[0] = queuedBytes(connection.channel()));
    return queued[0];
  }

  private static long queuedBytes(Channel channel) {
    ChannelOutboundBuffer queue = channel.unsafe().outboundBuffer();
    return queue == null ? 0 : queue.totalPendingWriteBytes() - queue.currentProgress();
  }

  /**
   * Does it when the connection has closed, at once if it has: of a client that left before its
   * answer began, Reactor Netty refuses the answer and never cancels what it would have been.
   *
   * @return what takes it back, since a connection may serve many requests
   */
  static Runnable onClose(ServerHttpRequest request, Runnable task) {
    if (!HAS_REACTOR_NETTY) return () -> {};
    Object server = ServerHttpRequestDecorator.getNativeRequest(request);
    return server instanceof HttpServerRequest netty ? onClose(netty, task) : () -> {};
  }

  private static Runnable onClose(HttpServerRequest request, Runnable task) {
    ChannelFutureListener listener = closed -> task.run();
    var close = new ChannelFuture[1];
    request.withConnection(connection -> close[0] = connection.channel().closeFuture());
    if (close[0].isDone()) {
      task.run(); // The future of a connection that is over takes no listener: it has no thread.
      return () -> {};
    }
    close[0].addListener(listener);
    return () -> close[0].removeListener(listener);
  }
}
