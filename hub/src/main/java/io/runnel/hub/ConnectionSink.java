package io.runnel.hub;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.unix.Socket;
import io.runnel.engine.EventSink;
import io.runnel.engine.Subscription;
import org.jspecify.annotations.Nullable;

/** A subscriber that has taken over the connection of its request, of HTTP/1.1. Event loop. */
abstract class ConnectionSink extends ChannelInboundHandlerAdapter implements EventSink {
  final Loop loop;
  final Channel channel;

  /** The channel's, so that a write need not look at the channel; null if it has none. */
  final @Nullable Socket socket;

  /** The request until the head of its answer is sent, together with the first batch. */
  @Nullable HttpExchange unanswered;

  @Nullable Subscription subscription;

  /** How many bytes were queued when that was last looked at. */
  private long queuedSeen;

  ConnectionSink(HttpConnection connection, HttpExchange exchange) {
    loop = connection.loop();
    channel = connection.context().channel();
    socket = Tls.isOn(channel) ? null : Loop.socket(channel);
    unanswered = exchange;
  }

  @Override
  public final boolean isOpen() {
    return socket == null || socket.isOpen();
  }

  /** Whether a write has gone at once; if not, it is queued. */
  final boolean hasGone(ChannelFuture written) {
    if (written.isDone()) return true;
    queuedSeen = Loop.queued(channel);
    return false;
  }

  @Override
  public final boolean hasTakenSome() {
    long before = queuedSeen;
    queuedSeen = Loop.queued(channel);
    return queuedSeen < before;
  }

  final void forget() {
    if (subscription != null) subscription.close();
    subscription = null;
  }
}
