package io.runnel.hub;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Finds out by the first bytes of a connection without TLS whether its client speaks HTTP/2: who
 * knows that this server does begins with its preface (RFC 9113, 3.3). Then it leaves.
 */
final class ProtocolChoice extends ByteToMessageDecoder {
  private final Runnable http2;

  ProtocolChoice(Runnable http2) {
    this.http2 = http2;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    int length = Math.min(in.readableBytes(), Http2Connection.PREFACE.length);
    for (int i = 0; i < length; i++) {
      if (in.getByte(in.readerIndex() + i) == Http2Connection.PREFACE[i]) continue;
      context.pipeline().remove(this);
      return;
    }
    if (length < Http2Connection.PREFACE.length) return;
    http2.run();
    context.pipeline().remove(this);
  }
}
