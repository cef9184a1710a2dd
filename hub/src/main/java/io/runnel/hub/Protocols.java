package io.runnel.hub;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a new connection speaks: with TLS what both sides agree on, without it what its first bytes
 * are, HTTP/1.1 or HTTP/2. Event loop.
 */
final class Protocols {
  private static final Logger log = LoggerFactory.getLogger(Protocols.class);

  private final HubServer server;
  private final @Nullable SslContext tls;

  Protocols(HubServer server, @Nullable SslContext tls) {
    this.server = server;
    this.tls = tls;
  }

  void begin(Channel channel) {
    if (tls != null) {
      beginTls(channel, tls);
      return;
    }
    // Until the first bytes are there, the deadline of HTTP/1.1 counts.
    addHttp1(channel);
    channel.pipeline().addFirst(new ProtocolChoice(() -> becomeHttp2(channel)));
  }

  private void beginTls(Channel channel, SslContext tls) {
    SslHandler handler = tls.newHandler(channel.alloc());
    handler.setHandshakeTimeoutMillis(server.config().requestTimeout().toMillis());
    channel
        .pipeline()
        .addLast(
            handler,
            new ApplicationProtocolNegotiationHandler(ApplicationProtocolNames.HTTP_1_1) {
              @Override
              protected void configurePipeline(ChannelHandlerContext context, String protocol) {
                if (protocol.equals(ApplicationProtocolNames.HTTP_2)) addHttp2(context.channel());
                else addHttp1(context.channel());
              }

              // Who is refused by either side, or does not speak TLS, is not an error here.
              @Override
              protected void handshakeFailure(ChannelHandlerContext context, Throwable cause) {
                server.counters().handshakesFailed.increment();
                log.debug(
                    "no TLS with {}: {}", context.channel().remoteAddress(), cause.toString());
                context.close();
              }

              @Override
              public void exceptionCaught(ChannelHandlerContext context, Throwable cause)
                  throws Exception {
                if (cause instanceof DecoderException) super.exceptionCaught(context, cause);
                else context.close();
              }
            });
  }

  private void addHttp1(Channel channel) {
    var decoder =
        new HttpDecoderConfig()
            .setMaxInitialLineLength(server.config().maxUriBytes() + 32)
            .setMaxHeaderSize(server.config().maxRequestHeaderBytes());
    Loop loop = server.loop(channel);
    var connection = new HttpConnection(server, loop);
    channel
        .pipeline()
        .addLast(
            new RequestDecoder(decoder, connection, loop),
            new HttpResponseEncoder(),
            new BodyReader(connection),
            connection);
  }

  private void addHttp2(Channel channel) {
    channel.pipeline().addLast(new Http2Connection(server, server.loop(channel)));
  }

  private void becomeHttp2(Channel channel) {
    channel.pipeline().remove(RequestDecoder.class);
    channel.pipeline().remove(HttpResponseEncoder.class);
    channel.pipeline().remove(BodyReader.class);
    channel.pipeline().remove(HttpConnection.class);
    addHttp2(channel);
  }

  /** Joins a request and its body, up to the limit. */
  private final class BodyReader extends HttpObjectAggregator {
    private final HttpConnection connection;

    BodyReader(HttpConnection connection) {
      super(server.config().maxBody());
      this.connection = connection;
    }

    @Override
    protected void handleOversizedMessage(ChannelHandlerContext context, HttpMessage oversized) {
      String detail = "the body is over the limit of " + server.config().maxBody() + " bytes";
      connection.answerAndClose(new Problem(413, "Body too large", detail), oversized);
    }
  }
}
