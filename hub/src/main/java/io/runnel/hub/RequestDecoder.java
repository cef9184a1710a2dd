package io.runnel.hub;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Reads requests. A {@link PlainPublish} that stands where a request begins is published at once;
 * everything else takes the general way, as Netty's messages.
 */
final class RequestDecoder extends HttpRequestDecoder {
  private final HttpConnection connection;
  private final PlainPublish publish;
  private boolean isBetweenRequests = true;

  RequestDecoder(HttpDecoderConfig config, HttpConnection connection, PlainPublish publish) {
    super(config);
    this.connection = connection;
    this.publish = publish;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    connection.plainAnswers(context);
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
      throws Exception {
    if (isBetweenRequests && connection.isReading() && publish.read(in)) {
      connection.publish(publish.topic(), publish.takeEvent());
      return;
    }
    connection.writePlainAnswers();
    int before = in.readableBytes();
    super.decode(context, in, out);
    if (!out.isEmpty()) isBetweenRequests = isEnd(out.get(out.size() - 1));
    else if (in.readableBytes() != before) isBetweenRequests = false;
  }

  /** Whether a request ends with it; after one that could not be read nothing is believed. */
  private static boolean isEnd(Object message) {
    return message instanceof LastHttpContent last && last.decoderResult().isSuccess();
  }
}
