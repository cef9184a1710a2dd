package io.runnel.hub;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.runnel.engine.EventBatch;
import io.runnel.engine.Opening;
import io.runnel.engine.SubscriptionRequest;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber over HTTP/1.1: the only handler of its channel. Batches go straight to the socket;
 * what does not fit goes through Netty's queue, and until that is empty nothing else is written.
 */
final class EventStream extends ConnectionSink {
  private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(US_ASCII);

  private final boolean chunked;
  private final Runnable onRefusal;

  private EventStream(HttpConnection connection, HttpExchange exchange, Runnable onRefusal) {
    super(connection, exchange);
    chunked = !exchange.isHttp10();
    this.onRefusal = onRefusal;
  }

  /** Makes the connection of the exchange, the turn of which has come, an event stream. */
  static void begin(
      HttpConnection connection,
      HttpExchange exchange,
      SubscriptionRequest request,
      Runnable onRefusal) {
    var stream = new EventStream(connection, exchange, onRefusal);
    stream.subscription = stream.loop.lane.subscribe(request, stream);
  }

  // ---------------------------------------------------------------- the engine's side

  @Override
  public boolean open(Opening opening) {
    HttpExchange exchange = requireNonNull(unanswered);
    if (exchange == null || !channel.isActive()) return false;
    if (opening.finished()) {
      unanswered = null;
      exchange.respond(HttpExchange.response(204, "", new byte[0]));
      onRefusal.run();
      return false;
    }
    exchange.carrier().server().counters().answered(200);
    takeOverPipeline();
    return true;
  }

  @Override
  public boolean write(EventBatch batch) {
    try {
      ByteBuf rest = unanswered != null ? writeHeadAnd(batch) : loop.write(socket, batch, chunked);
      return rest == null || queue(rest);
    } catch (IOException e) {
      channel.close();
      return false;
    }
  }

  @Override
  public void end(EndReason reason) {
    subscription = null;
    if (reason == EndReason.SLOW || reason == EndReason.FAILED) channel.close();
    else {
      ByteBuf last = chunked ? Unpooled.wrappedBuffer(LAST_CHUNK) : Unpooled.EMPTY_BUFFER;
      LastWrite.thenClose(channel.writeAndFlush(last), loop.writeTimeout);
    }
  }

  /** Answers what is still to be written. */
  private @Nullable ByteBuf writeHeadAnd(EventBatch batch) throws IOException {
    HttpExchange exchange = requireNonNull(unanswered);
    unanswered = null;
    byte[] head = exchange.carrier().server().streamHead(exchange, chunked);
    if (socket != null && hasNothingQueued()) return loop.write(socket, head, batch, chunked);
    return Unpooled.wrappedBuffer(Unpooled.wrappedBuffer(head), loop.copy(batch, chunked));
  }

  /** Whether answers to earlier requests of the connection have gone. */
  private boolean hasNothingQueued() {
    ChannelOutboundBuffer queue = channel.unsafe().outboundBuffer();
    return queue != null && queue.isEmpty();
  }

  /** Lets Netty write it; true if it is gone at once. */
  private boolean queue(ByteBuf bytes) {
    int length = bytes.readableBytes();
    ChannelFuture written = channel.writeAndFlush(bytes);
    if (hasGone(written)) return true;
    loop.counters.queuedBytes.add(length);
    written.addListener(
        done -> {
          loop.counters.queuedBytes.add(-length);
          if (done.isSuccess() && subscription != null) subscription.writable();
        });
    return false;
  }

  // ---------------------------------------------------------------- the socket's side

  /** Nothing that an idle connection does not need stays in its pipeline. */
  private void takeOverPipeline() {
    var pipeline = channel.pipeline();
    while (pipeline.last() != null && !(pipeline.last() instanceof SslHandler)) {
      pipeline.removeLast();
    }
    pipeline.addLast(this);
  }

  /** A subscriber has nothing more to say; what it says is dropped. */
  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ReferenceCountUtil.release(message);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    forget();
  }

  /** A client that goes away is not an error. */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
