package io.runnel.hub;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Reads requests. A {@link PlainPublish} or {@link PlainSubscribe} that stands where a request
 * begins is done at once; everything else takes the general way, as Netty's messages.
 */
final class RequestDecoder extends HttpRequestDecoder {
  private final HttpConnection connection;
  private final Loop loop;
  private boolean isBetweenRequests = true;

  RequestDecoder(HttpDecoderConfig config, HttpConnection connection, Loop loop) {
    super(config);
    this.connection = connection;
    this.loop = loop;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    connection.plainAnswers(context);
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
      throws Exception {
    if (isBetweenRequests && connection.isReading() && isPlain(in)) return;
    connection.writePlainAnswers();
    int before = in.readableBytes();
    super.decode(context, in, out);
    if (!out.isEmpty()) isBetweenRequests = isEnd(out.get(out.size() - 1));
    else if (in.readableBytes() != before) isBetweenRequests = false;
  }

  private boolean isPlain(ByteBuf in) {
    if (loop.publish.read(in)) {
      connection.publish(loop.publish.topic(), loop.publish.takeEvent());
      return true;
    }
    if (loop.subscribe.read(in)) {
      connection.subscribe(loop.subscribe.topic(), loop.subscribe.start());
      return true;
    }
    return false;
  }

  /** Whether a request ends with it; after one that could not be read nothing is believed. */
  private static boolean isEnd(Object message) {
    return message instanceof LastHttpContent last && last.decoderResult().isSuccess();
  }
}
