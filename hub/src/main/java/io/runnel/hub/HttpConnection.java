package io.runnel.hub;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.runnel.engine.Receipt;
import io.runnel.engine.Start;
import io.runnel.engine.SubscriptionRequest;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import io.runnel.hub.EventsResource.Transport;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection as long as it speaks HTTP: it reads requests, and writes their answers in the order
 * of the requests, however they come. A request for an event stream ends it: the connection then
 * belongs to an {@link EventStream}, and nothing of this is left.
 */
final class HttpConnection extends ChannelInboundHandlerAdapter implements HttpCarrier {
  private static final Logger log = LoggerFactory.getLogger(HttpConnection.class);

  /** Requests in flight on one connection, beyond which no more are read from it. */
  private static final int MAX_IN_FLIGHT = 256;

  /** How long a client may go on sending after it was refused. */
  private static final int LINGER_SECONDS = 2;

  private final HubServer server;
  private final Loop loop;
  private final ArrayDeque<HttpExchange> exchanges = new ArrayDeque<>();
  private @Nullable ChannelHandlerContext context;
  private @Nullable PlainAnswers plainAnswers;
  private @Nullable Future<?> timer;
  private @Nullable LongAdder timeouts;
  private long deadlineNanos;

  /** How many bytes were queued when the deadline was last over. */
  private long queuedSeen;

  private boolean inRead;
  private boolean needsFlush;
  private boolean refused;
  private boolean closing;

  HttpConnection(HubServer server, Loop loop) {
    this.server = server;
    this.loop = loop;
  }

  @Override
  public HubServer server() {
    return server;
  }

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public EventExecutor executor() {
    return context().executor();
  }

  @Override
  public Runnable onClose(Runnable task) {
    ChannelFutureListener listener = closed -> task.run();
    ChannelFuture close = context().channel().closeFuture().addListener(listener);
    return () -> close.removeListener(listener);
  }

  ChannelHandlerContext context() {
    if (context == null) throw new IllegalStateException("not added");
    return context;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    this.context = context;
    expect(server.config().requestTimeout(), server.counters().requestTimeouts);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    stopWaiting();
    if (timer != null) timer.cancel(false);
  }

  // ---------------------------------------------------------------- requests

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    inRead = true;
    try {
      if (!isReading() || !(message instanceof FullHttpRequest request)) return;
      stopWaiting();
      DecoderResult read = request.decoderResult();
      Problem problem = read.isFailure() ? unreadable(read.cause()) : RequestRules.broken(request);
      if (problem != null) answerAndClose(problem, request);
      else receive(request);
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  /** Whether what comes is still believed to be requests. */
  boolean isReading() {
    return !closing && !refused;
  }

  /** Where answers go that are bytes already. */
  void plainAnswers(ChannelHandlerContext beneath) {
    plainAnswers = new PlainAnswers(beneath, server.cors().headLines());
  }

  /** Publishes what a plain request says; its answer takes its turn as every other does. */
  void publish(Topic topic, Event event) {
    inRead = true;
    stopWaiting();
    CompletableFuture<Receipt> receipt = server.router().events().publish(topic, event);
    if (exchanges.isEmpty() && receipt.isDone() && !receipt.isCompletedExceptionally()) {
      write(receipt.join());
      expect(server.config().idleTimeout(), server.counters().idleTimeouts);
    } else {
      HttpExchange exchange = add(HttpExchange.ofPublish(this, topic));
      receipt.whenComplete(
          (kept, failure) -> {
            if (kept == null) EventsResource.refuse(exchange, failure);
            else acknowledge(exchange, kept);
          });
    }
  }

  /** Does what a plain request for an event stream asks for, when its turn has come. */
  void subscribe(Topic topic, Start start) {
    inRead = true;
    stopWaiting();
    writePlainAnswers();
    HttpExchange exchange = add(HttpExchange.ofSubscribe(this, topic));
    SubscriptionRequest request = SubscriptionRequest.of(topic, start);
    handle(exchange, () -> server.subscribe(exchange, request, Transport.STREAM, () -> {}));
  }

  /** Before anything else is written. */
  void writePlainAnswers() {
    if (plainAnswers != null) plainAnswers.write();
  }

  private HttpExchange add(HttpExchange exchange) {
    exchanges.add(exchange);
    if (exchanges.size() == MAX_IN_FLIGHT) context().channel().config().setAutoRead(false);
    return exchange;
  }

  private void receive(FullHttpRequest request) {
    RequestRules.settleTarget(request);
    HttpExchange exchange = add(new HttpExchange(this, request));
    handle(exchange, () -> server.router().handle(exchange));
  }

  private static void handle(HttpExchange exchange, Runnable handling) {
    try {
      handling.run();
    } catch (IllegalArgumentException e) {
      exchange.problem(400, "Bad request", String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      log.error("{} {} failed", exchange.method(), exchange.path(), e);
      exchange.problem(500, "Internal error", "the hub failed to answer; its log says why");
    }
  }

  /** What could not be read as a request is answered once, and nothing after it is believed. */
  private Problem unreadable(Throwable cause) {
    if (cause instanceof TooLongHttpLineException) {
      int limit = server.config().maxUriBytes();
      return new Problem(
          414, "URI too long", "the request line is over the limit of " + limit + " bytes");
    }
    if (cause instanceof TooLongHttpHeaderException) {
      int limit = server.config().maxRequestHeaderBytes();
      return new Problem(
          431,
          "Headers too large",
          "the request's headers are over the limit of " + limit + " bytes");
    }
    return new Problem(400, "Bad request", "this is not HTTP: " + cause.getMessage());
  }

  /** Answers when it is this request's turn, and closes: nothing that follows it is believed. */
  void answerAndClose(Problem problem, HttpMessage request) {
    refused = true;
    stopWaiting();
    add(HttpExchange.ofRefused(this, request)).problem(problem);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    inRead = false;
    flush();
  }

  // ---------------------------------------------------------------- answers

  @Override
  public void answer(HttpExchange exchange, FullHttpResponse response) {
    if (context().executor().inEventLoop()) answerHere(exchange, response);
    else context().executor().execute(() -> answerHere(exchange, response));
  }

  private void answerHere(HttpExchange exchange, FullHttpResponse response) {
    exchange.response = response;
    writeAnswers();
    // The answers to requests that were read together leave together.
    if (!inRead) flush();
  }

  /** The answer to a plain publish. Any thread. */
  private void acknowledge(HttpExchange exchange, Receipt receipt) {
    if (context().executor().inEventLoop()) acknowledgeHere(exchange, receipt);
    else context().executor().execute(() -> acknowledgeHere(exchange, receipt));
  }

  private void acknowledgeHere(HttpExchange exchange, Receipt receipt) {
    exchange.receipt = receipt;
    writeAnswers();
    if (inRead) return;
    // What was kept together is answered together: the tasks for the others are waiting already.
    if (exchanges.isEmpty()) flush();
    else if (needsFlush) context().executor().execute(this::flush);
  }

  @Override
  public void takeOver(HttpExchange exchange, Runnable takeover) {
    exchange.takeover = takeover;
    writeAnswers();
  }

  @Override
  public void stream(HttpExchange exchange, SubscriptionRequest request, Runnable onRefusal) {
    EventStream.begin(this, exchange, request, onRefusal);
  }

  private void writeAnswers() {
    while (!exchanges.isEmpty()) {
      HttpExchange first = exchanges.element();
      if (first.takeover != null) {
        Runnable takeover = first.takeover;
        first.takeover = null;
        flush();
        takeover.run();
        return;
      }
      if (first.response == null && first.receipt == null) return;
      exchanges.remove();
      if (first.receipt != null) write(first.receipt);
      else write(first, requireNonNull(first.response));
      if (exchanges.size() == MAX_IN_FLIGHT / 2) context().channel().config().setAutoRead(true);
    }
    expect(server.config().idleTimeout(), server.counters().idleTimeouts);
  }

  private void write(Receipt receipt) {
    if (closing) return;
    requireNonNull(plainAnswers).add(receipt);
    server.counters().answered(200);
    needsFlush = true;
  }

  private void write(HttpExchange exchange, FullHttpResponse response) {
    if (closing) {
      response.release();
      return;
    }
    writePlainAnswers();
    server.counters().answered(response.status().code());
    server.cors().addTo(exchange, response.headers());
    if (exchange.method().equals(HttpMethod.HEAD))
      response = response.replace(Unpooled.EMPTY_BUFFER);
    boolean staysOpen =
        !response.headers().contains(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true);
    if (exchange.keepAlive() && staysOpen) {
      if (exchange.isHttp10())
        HttpUtil.setKeepAlive(response.headers(), HttpVersion.HTTP_1_0, true);
      context().write(response);
    } else {
      closing = true;
      response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
      ChannelFuture written = context().write(response);
      if (refused) linger(written);
      else written.addListener(ChannelFutureListener.CLOSE);
    }
    needsFlush = true;
  }

  /**
   * Closes a little later: to close while the client still sends would reset the connection, and
   * the client would never read the answer. What it sends meanwhile is dropped.
   */
  private void linger(ChannelFuture written) {
    var channel = (DuplexChannel) context().channel();
    written.addListener(done -> channel.shutdownOutput());
    context().executor().schedule(() -> channel.close(), LINGER_SECONDS, TimeUnit.SECONDS);
  }

  private void flush() {
    if (!needsFlush) return;
    needsFlush = false;
    writePlainAnswers();
    context().flush();
  }

  // ---------------------------------------------------------------- time and end

  /**
   * The next request must have come within the time, or, while answers are queued, the client must
   * have taken some of them: also the last one, after which the connection closes. One timer serves
   * a connection's whole life: it looks at the deadline when it fires, so that a busy publisher
   * costs no timer for each request.
   */
  private void expect(Duration within, LongAdder timeouts) {
    this.timeouts = timeouts;
    deadlineNanos = System.nanoTime() + within.toNanos();
    if (timer == null) schedule(within.toNanos());
  }

  private void stopWaiting() {
    timeouts = null;
  }

  private void schedule(long nanos) {
    timer = context().executor().schedule(this::timeOut, nanos, TimeUnit.NANOSECONDS);
  }

  private void timeOut() {
    timer = null;
    LongAdder timeouts = this.timeouts;
    if (timeouts == null) return;
    long left = deadlineNanos - System.nanoTime();
    if (left > 0) {
      schedule(left);
    } else if (takesAnswers()) {
      expect(server.config().idleTimeout(), timeouts);
    } else {
      timeouts.increment();
      context().close();
    }
  }

  /** Whether answers are queued, and some of them have gone since this was asked last. */
  private boolean takesAnswers() {
    long before = queuedSeen;
    queuedSeen = Loop.queued(context().channel());
    return queuedSeen > 0 && queuedSeen != before;
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    ConnectionFailure.tell(cause);
    context.close();
  }
}
