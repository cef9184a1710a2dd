package io.runnel.hub;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.runnel.engine.EventBatch;
import io.runnel.engine.Opening;
import io.runnel.engine.Subscription;
import io.runnel.engine.SubscriptionRequest;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber over a WebSocket: the events of an {@link EventStream}, each as a text message
 * ({@link WebSocketFrames}). It only listens: a message from it ends it. Event loop.
 */
final class EventSocket extends ConnectionSink {
  /** RFC 6455, 7.4.1, and its registry: why a socket is closed. */
  private static final int NORMAL = 1000;

  private static final int GOING_AWAY = 1001;
  private static final int UNSUPPORTED = 1003;
  private static final int LOST = 1006;
  private static final int POLICY = 1008;
  private static final int FAILED = 1011;
  private static final int TRY_AGAIN_LATER = 1013;

  /** The largest frame that is read; what is not refused has at most 125 bytes. */
  private static final int MAX_FRAME = 1024;

  /** Pings without an answer after which nobody is believed to be there. */
  private static final int MAX_SILENT_PINGS = 4;

  /** How long the other side may take to close. */
  private static final int LINGER_SECONDS = 2;

  private static final WebSocketDecoderConfig DECODING =
      WebSocketDecoderConfig.newBuilder()
          .maxFramePayloadLength(MAX_FRAME)
          .expectMaskedFrames(true)
          .allowExtensions(false)
          .closeOnProtocolViolation(false)
          .withUTF8Validator(false)
          .build();

  private final WebSocketFrames frames;
  private final ServerCounters counters;

  /** The newest ping that could not be answered, as something is still queued before it. */
  private byte @Nullable [] ping;

  private @Nullable String retry;
  private int queued;
  private int silentPings;
  private boolean closing;

  /** The handshake was checked, so what carries the exchange is a connection of HTTP/1.1. */
  private EventSocket(HttpExchange exchange) {
    super((HttpConnection) exchange.carrier(), exchange);
    frames = loop.webSocketFrames;
    counters = loop.counters;
  }

  /** Makes the connection of the exchange, the turn of which has come, a WebSocket. */
  static void begin(HttpExchange exchange, SubscriptionRequest request) {
    var socket = new EventSocket(exchange);
    Subscription subscription = exchange.carrier().loop().lane.subscribe(request, socket);
    if (socket.closing) subscription.close();
    else socket.subscription = subscription;
  }

  /**
   * Says when to come back, and closes: a browser tells its page nothing of a refusal before the
   * handshake.
   *
   * @param isStopping whether the hub stops, or else has too many connections
   */
  static void turnAway(HttpExchange exchange, long retryMillis, boolean isStopping) {
    int code = isStopping ? GOING_AWAY : TRY_AGAIN_LATER;
    ByteBuf retry = WebSocketFrames.retryFrame(retryMillis);
    new EventSocket(exchange).close(retry, code, "retry: " + retryMillis);
  }

  /** Closes a socket whose token is none. */
  static void forbid(HttpExchange exchange, String reason) {
    new EventSocket(exchange).close(POLICY, reason);
  }

  // ---------------------------------------------------------------- the engine's side

  @Override
  public boolean open(Opening opening) {
    if (!channel.isActive()) return false;
    if (opening.finished()) {
      close(NORMAL, "complete");
      return false;
    }
    return true;
  }

  @Override
  public boolean write(EventBatch batch) {
    if (closing) return false;
    retry = frames.retry(batch);
    if (unanswered != null || queued > 0) return queue(frames.copy(batch));
    if (frames.hasPing(batch) && ++silentPings > MAX_SILENT_PINGS) {
      counters.webSocketClosed(LOST);
      channel.close();
      return false;
    }
    try {
      ByteBuf rest = frames.write(socket, batch);
      return rest == null || queue(rest);
    } catch (IOException e) {
      channel.close();
      return false;
    }
  }

  @Override
  public void end(EndReason reason) {
    subscription = null;
    switch (reason) {
      case COMPLETED -> close(NORMAL, "complete");
      case SHUTDOWN -> close(GOING_AWAY, retry == null ? "stopping" : "retry: " + retry);
      case SLOW -> close(TRY_AGAIN_LATER, "too slow");
      case FAILED -> close(FAILED, "the history failed");
    }
  }

  // ---------------------------------------------------------------- writing

  /**
   * Ends the handshake, with the first frames in the same write; from now on this alone has the
   * connection. What the client sent with its handshake already is looked at after that.
   */
  private ChannelFuture answer(HttpExchange exchange, ByteBuf first) {
    unanswered = null;
    counters.answered(101);
    counters.webSockets.incrementAndGet();
    channel.closeFuture().addListener(closed -> counters.webSockets.decrementAndGet());
    ByteBuf head = Unpooled.wrappedBuffer(WebSocketHandshake.head(exchange));
    ChannelHandlerContext http = requireNonNull(channel.pipeline().context(RequestDecoder.class));
    ChannelFuture written = http.writeAndFlush(Unpooled.wrappedBuffer(head, first));
    takeOverPipeline();
    return written;
  }

  /** Lets Netty write it; true if it is gone at once. */
  private boolean queue(ByteBuf bytes) {
    HttpExchange exchange = unanswered;
    ChannelFuture written =
        exchange == null ? channel.writeAndFlush(bytes) : answer(exchange, bytes);
    if (hasGone(written)) return true;
    queued++;
    written.addListener(done -> written(done.isSuccess()));
    return false;
  }

  private void written(boolean isSuccess) {
    if (--queued > 0 || !isSuccess || closing) return;
    byte[] body = ping;
    ping = null;
    if (body != null && !queue(WebSocketFrames.pongFrame(body))) return;
    if (subscription != null) subscription.writable();
  }

  /**
   * The closing handshake, begun by this side. Who does not read would not read the close frame
   * either.
   */
  private void close(int code, String reason) {
    close(Unpooled.EMPTY_BUFFER, code, reason);
  }

  private void close(ByteBuf last, int code, String reason) {
    if (closing) return;
    closing = true;
    counters.webSocketClosed(code);
    forget();
    if (queued > 0 && code == TRY_AGAIN_LATER) {
      channel.close();
      return;
    }
    queue(Unpooled.wrappedBuffer(last, WebSocketFrames.closeFrame(code, reason)));
    closeSoon();
  }

  /** Whoever does not answer, or does not read, is not waited for. */
  private void closeSoon() {
    channel.eventLoop().schedule(() -> channel.close(), LINGER_SECONDS, TimeUnit.SECONDS);
  }

  // ---------------------------------------------------------------- the socket's side

  /** What came with the handshake already goes to the decoder, which therefore comes first. */
  private void takeOverPipeline() {
    var pipeline = channel.pipeline();
    var http = pipeline.names();
    pipeline.addLast(new WebSocket13FrameDecoder(DECODING), this);
    for (int i = http.size() - 1; i >= 0; i--) {
      ChannelHandler handler = pipeline.get(http.get(i));
      if (handler != null && !(handler instanceof SslHandler)) pipeline.remove(handler);
    }
    channel.config().setAutoRead(true);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      silentPings = 0;
      if (message instanceof CloseWebSocketFrame close) closed(close);
      else if (closing || message instanceof PongWebSocketFrame) return;
      else if (message instanceof PingWebSocketFrame asked) pong(asked);
      else close(UNSUPPORTED, "this socket only sends: publish with POST /events/{topic}");
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  /** RFC 6455, 5.5.3: the newest ping is answered; of many that came meanwhile, only that. */
  private void pong(PingWebSocketFrame asked) {
    byte[] body = ByteBufUtil.getBytes(asked.content());
    if (queued > 0) ping = body;
    else queue(WebSocketFrames.pongFrame(body));
  }

  /** The other side's half of the closing handshake, or its beginning. */
  private void closed(CloseWebSocketFrame close) {
    if (closing) {
      channel.close();
      return;
    }
    closing = true;
    forget();
    int code = close.statusCode() < 0 ? NORMAL : close.statusCode();
    channel
        .writeAndFlush(WebSocketFrames.closeFrame(code, ""))
        .addListener(ChannelFutureListener.CLOSE);
    if (channel.isOpen()) closeSoon();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    closing = true;
    forget();
  }

  /** A client that goes away is not an error; one that breaks the protocol hears of it. */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof CorruptedWebSocketFrameException broken) {
      close(broken.closeStatus().code(), broken.closeStatus().reasonText());
      // Its half of the closing handshake would not be understood any more.
      ((DuplexChannel) channel).shutdownOutput();
    } else {
      context.close();
    }
  }
}
