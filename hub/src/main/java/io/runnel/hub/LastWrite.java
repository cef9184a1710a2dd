package io.runnel.hub;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The last write to a channel, which closes when that has gone, or when its client takes nothing:
 * otherwise it would be open for as long as the client likes. Event loop.
 */
final class LastWrite {
  private final Channel channel;
  private final Duration writeTimeout;
  private long queuedSeen;
  private Future<?> nextLook;

  private LastWrite(Channel channel, Duration writeTimeout) {
    this.channel = channel;
    this.writeTimeout = writeTimeout;
    nextLook = planLook();
    channel.closeFuture().addListener(closed -> nextLook.cancel(false));
  }

  /**
   * Closes the write's channel.
   *
   * @param writeTimeout how long the client may take nothing of what is queued
   */
  static void thenClose(ChannelFuture write, Duration writeTimeout) {
    if (!write.isDone()) new LastWrite(write.channel(), writeTimeout);
    write.addListener(ChannelFutureListener.CLOSE);
  }

  private Future<?> planLook() {
    queuedSeen = Loop.queued(channel);
    return channel.eventLoop().schedule(this::look, writeTimeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void look() {
    if (Loop.queued(channel) < queuedSeen) nextLook = planLook();
    else channel.close();
  }
}
