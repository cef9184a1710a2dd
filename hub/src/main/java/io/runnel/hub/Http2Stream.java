package io.runnel.hub;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.HttpConversionUtil;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.EventExecutor;
import io.runnel.engine.EventBatch;
import io.runnel.engine.EventSink;
import io.runnel.engine.Opening;
import io.runnel.engine.Subscription;
import io.runnel.engine.SubscriptionRequest;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream of HTTP/2: one request and its answer, which may be an event stream.
 *
 * <p>Small, since there may be a million. What it needs only while the request comes is in {@link
 * Incoming}; an idle event stream is this object, its subscription and their places in two tables.
 *
 * <p>Belongs to the event loop's thread, but for what {@link HttpCarrier} says otherwise.
 */
final class Http2Stream implements HttpCarrier, EventSink {
  private static final Logger log = LoggerFactory.getLogger(Http2Stream.class);
  private static final byte[] NOTHING = {};

  final int id;
  private final Http2Connection connection;

  /** The request as far as it has come; null once it is whole. */
  private @Nullable Incoming incoming;

  /** What begins as an event stream, until it has begun. */
  private @Nullable Beginning beginning;

  private @Nullable Runnable onClose;
  private @Nullable Subscription subscription;

  /** What waits for the windows to open or for the socket; its bytes may be others' as well. */
  private byte[] rest = NOTHING;

  private int restStart;
  private int restEnd;
  private int sendWindow;

  /** Whether nothing follows the rest. */
  private boolean endsAfterRest;

  private boolean isWaiting;
  private boolean isClosed;

  /** How much of the rest had gone when it was last looked at. */
  private int restSeen = -1;

  private record Beginning(HttpExchange exchange, Runnable onRefusal) {}

  private static final class Incoming {
    final Http2Headers headers;
    final long since = System.nanoTime();
    final ByteBuf body = Unpooled.buffer(0);
    int receiveWindow = Http2Connection.DEFAULT_WINDOW;

    Incoming(Http2Headers headers) {
      this.headers = headers;
    }
  }

  Http2Stream(Http2Connection connection, int id, int sendWindow) {
    this.connection = connection;
    this.id = id;
    this.sendWindow = sendWindow;
  }

  // ---------------------------------------------------------------- the request

  void request(Http2Headers headers, boolean isEnd) throws Http2Exception {
    incoming = new Incoming(headers);
    CharSequence path = headers.path();
    if (path != null && path.length() > server().config().maxUriBytes()) {
      int limit = server().config().maxUriBytes();
      String detail = "the request line is over the limit of " + limit + " bytes";
      refuse(new Problem(414, "URI too long", detail));
    } else if (isEnd) {
      receive();
    } else if ("100-continue".contentEquals(headers.get("expect", ""))) {
      connection.sendHeaders(id, HeaderBlock.of(100, new DefaultHttpHeaders()), false);
    }
  }

  void data(ByteBuf data, int length, boolean isEnd) throws Http2Exception {
    Incoming incoming = this.incoming;
    if (incoming == null) {
      // RFC 9113, 5.1: half closed (remote).
      throw Http2Exception.streamError(id, Http2Error.STREAM_CLOSED, "data after the end");
    }
    incoming.receiveWindow -= length;
    if (incoming.receiveWindow < 0) {
      throw Http2Exception.streamError(id, Http2Error.FLOW_CONTROL_ERROR, "over the window");
    }
    int maxBody = server().config().maxBody();
    if (incoming.body.readableBytes() + data.readableBytes() > maxBody) {
      String detail = "the body is over the limit of " + maxBody + " bytes";
      refuse(new Problem(413, "Body too large", detail));
      return;
    }
    if (!connection.receive(data.readableBytes())) {
      throw Http2Exception.streamError(id, Http2Error.ENHANCE_YOUR_CALM, "too many bodies at once");
    }
    incoming.body.writeBytes(data);
    if (isEnd) receive();
    else if (incoming.receiveWindow <= Http2Connection.DEFAULT_WINDOW / 2) {
      connection.sendWindowUpdate(id, Http2Connection.DEFAULT_WINDOW - incoming.receiveWindow);
      incoming.receiveWindow = Http2Connection.DEFAULT_WINDOW;
    }
  }

  /** RFC 9113, 8.1: a second header ends the request; what it says is of no interest here. */
  void trailers(boolean isEnd) throws Http2Exception {
    if (incoming == null || !isEnd) {
      throw Http2Exception.streamError(id, Http2Error.PROTOCOL_ERROR, "no trailers");
    }
    receive();
  }

  /**
   * Whether the client lets us wait: its request has not come within the time, or it has taken
   * nothing of its answer since this was last asked. Of event streams the engine takes care.
   */
  boolean isOverdue(long now) {
    Incoming incoming = this.incoming;
    if (incoming != null) {
      return now - incoming.since > server().config().requestTimeout().toNanos();
    }
    if (!endsAfterRest || restSeen == restStart) return endsAfterRest;
    restSeen = restStart;
    return false;
  }

  private void receive() throws Http2Exception {
    FullHttpRequest request = request();
    var exchange = new HttpExchange(this, request);
    try {
      server().router().handle(exchange);
    } catch (IllegalArgumentException e) {
      exchange.problem(400, "Bad request", String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      log.error("{} {} failed", exchange.method(), exchange.path(), e);
      exchange.problem(500, "Internal error", "the hub failed to answer; its log says why");
    }
  }

  /** The whole request in the form of HTTP/1.1; checks what RFC 9113, 8.1.1 and 8.3.1 ask for. */
  private FullHttpRequest request() throws Http2Exception {
    Incoming incoming = forgetIncoming();
    if (incoming == null || !isWellFormed(incoming.headers)) {
      throw Http2Exception.streamError(id, Http2Error.PROTOCOL_ERROR, "malformed request");
    }
    Http2Headers headers = incoming.headers;
    Long declared = headers.getLong(HttpHeaderNames.CONTENT_LENGTH);
    if (declared != null && declared != incoming.body.readableBytes()) {
      throw Http2Exception.streamError(id, Http2Error.PROTOCOL_ERROR, "not the length declared");
    }
    return HttpConversionUtil.toFullHttpRequest(id, headers, incoming.body, true);
  }

  private static boolean isWellFormed(Http2Headers headers) {
    CharSequence path = headers.path();
    return headers.method() != null
        && headers.scheme() != null
        && path != null
        && path.length() > 0
        && namesOneHost(headers);
  }

  /** RFC 9113, 8.3.1: a {@code host} beside {@code :authority} must say the same. */
  private static boolean namesOneHost(Http2Headers headers) {
    List<CharSequence> hosts = headers.getAll(HttpHeaderNames.HOST);
    if (hosts.isEmpty()) return true;
    CharSequence authority = headers.authority();
    return hosts.size() == 1
        && (authority == null || AsciiString.contentEqualsIgnoreCase(authority, hosts.get(0)));
  }

  private @Nullable Incoming forgetIncoming() {
    Incoming incoming = this.incoming;
    this.incoming = null;
    if (incoming != null) connection.received(incoming.body.readableBytes());
    return incoming;
  }

  /** Answers a request of which no more is believed. */
  void refuse(Problem problem) {
    server().counters().answered(problem.status());
    FullHttpResponse response =
        HttpExchange.response(problem.status(), Problem.CONTENT_TYPE, problem.json());
    send(HeaderBlock.of(problem.status(), response.headers()), problem.json());
  }

  // ---------------------------------------------------------------- the answer

  @Override
  public HubServer server() {
    return connection.server();
  }

  @Override
  public Loop loop() {
    return connection.loop();
  }

  @Override
  public EventExecutor executor() {
    return connection.context().executor();
  }

  /** A stream has one request, so nothing needs to be taken back before its end. */
  @Override
  public Runnable onClose(Runnable task) {
    if (executor().inEventLoop()) addOnClose(task);
    else executor().execute(() -> addOnClose(task));
    return () -> {};
  }

  private void addOnClose(Runnable task) {
    if (isClosed) {
      task.run();
    } else {
      Runnable before = onClose;
      onClose =
          before == null
              ? task
              : () -> {
                before.run();
                task.run();
              };
    }
  }

  @Override
  public void answer(HttpExchange exchange, FullHttpResponse response) {
    if (executor().inEventLoop()) answerHere(exchange, response);
    else executor().execute(() -> answerHere(exchange, response));
  }

  private void answerHere(HttpExchange exchange, FullHttpResponse response) {
    byte[] body = ByteBufUtil.getBytes(response.content());
    response.release();
    if (isClosed) return;
    server().counters().answered(response.status().code());
    server().cors().addTo(exchange, response.headers());
    if (exchange.method().equals(HttpMethod.HEAD)) body = NOTHING;
    send(HeaderBlock.of(response.status().code(), response.headers()), body);
  }

  private void send(byte[] header, byte[] body) {
    connection.sendHeaders(id, header, body.length == 0);
    if (body.length == 0) {
      finish();
      return;
    }
    endsAfterRest = true;
    keep(body, 0, body.length);
    sendRest();
  }

  /** The last frame is sent. */
  private void finish() {
    // RFC 9113, 8.1: who was answered before the end of the request need not send the rest.
    if (incoming != null) connection.sendReset(id, Http2Error.NO_ERROR);
    connection.remove(id);
    closed();
  }

  @Override
  public void takeOver(HttpExchange exchange, Runnable takeover) {
    if (!isClosed) takeover.run();
  }

  /** The stream is over, whoever ended it. */
  void closed() {
    if (isClosed) return;
    isClosed = true;
    if (isWaiting) connection.forget(this);
    forgetIncoming();
    rest = NOTHING;
    restStart = restEnd = 0;
    if (subscription != null) subscription.close();
    subscription = null;
    if (onClose != null) onClose.run();
    onClose = null;
  }

  // ---------------------------------------------------------------- the engine's side

  @Override
  public void stream(HttpExchange exchange, SubscriptionRequest request, Runnable onRefusal) {
    beginning = new Beginning(exchange, onRefusal);
    Subscription subscription = loop().lane.subscribe(request, this);
    if (isClosed) subscription.close();
    else this.subscription = subscription;
  }

  @Override
  public boolean open(Opening opening) {
    Beginning beginning = this.beginning;
    this.beginning = null;
    if (beginning == null || isClosed) return false;
    if (opening.finished()) {
      beginning.exchange.respond(HttpExchange.response(204, "", NOTHING));
      beginning.onRefusal.run();
      return false;
    }
    server().counters().answered(200);
    connection.sendHeaders(id, HeaderBlock.of(200, streamHeaders(beginning.exchange)), false);
    pad(beginning.exchange);
    return true;
  }

  /** A client that gives no window at first is spared the padding that it asked for. */
  private void pad(HttpExchange exchange) {
    byte[] padding = Padding.of(exchange, false).getBytes(US_ASCII);
    if (padding.length == 0 || padding.length > Math.min(sendWindow, connection.sendable())) return;
    sendWindow -= padding.length;
    connection.data(id, padding.length, false).put(padding);
  }

  private HttpHeaders streamHeaders(HttpExchange exchange) {
    var headers = new DefaultHttpHeaders();
    server().addStreamHeaders(exchange, headers);
    return headers;
  }

  @Override
  public boolean write(EventBatch batch) {
    if (isClosed) return true;
    int length = batch.length();
    if (length <= Math.min(sendWindow, connection.sendable())
        && length <= Http2Output.MAX_PAYLOAD) {
      sendWindow -= length;
      ByteBuffer frame = connection.data(id, length, false);
      frame.put(frame.position(), batch.buffer(), batch.start(), length);
      frame.position(frame.position() + length);
      return true;
    }
    byte[] shared = loop().sharedCopy(batch);
    int start = loop().startInCopy(batch);
    keep(shared, start, start + length);
    sendRest();
    restSeen = restStart;
    return restStart == restEnd;
  }

  @Override
  public boolean hasTakenSome() {
    int before = restSeen;
    restSeen = restStart;
    return restStart != before;
  }

  @Override
  public void end(EndReason reason) {
    subscription = null;
    if (reason == EndReason.SLOW || reason == EndReason.FAILED) {
      connection.sendReset(
          id, reason == EndReason.SLOW ? Http2Error.CANCEL : Http2Error.INTERNAL_ERROR);
      connection.remove(id);
      closed();
      return;
    }
    endsAfterRest = true;
    if (restStart == restEnd) {
      connection.data(id, 0, true);
      finish();
    }
  }

  // ---------------------------------------------------------------- flow control

  /** RFC 9113, 6.9: the client can take more. */
  void widen(int increment) throws Http2Exception {
    if (sendWindow > Integer.MAX_VALUE - increment) {
      throw Http2Exception.streamError(id, Http2Error.FLOW_CONTROL_ERROR, "window over 2^31-1");
    }
    sendWindow += increment;
    if (!isWaiting) goOn();
  }

  /** RFC 9113, 6.9.2: the initial window has changed, and this one with it, maybe below 0. */
  void resize(int change) throws Http2Exception {
    if (change > 0 && sendWindow > Integer.MAX_VALUE - change) {
      throw Http2Exception.connectionError(Http2Error.FLOW_CONTROL_ERROR, "window over 2^31-1");
    }
    sendWindow += change;
    if (change > 0 && !isWaiting) goOn();
  }

  /** The connection, or this stream's window, lets it send. */
  void goOn() {
    isWaiting = false;
    if (isClosed || restStart == restEnd) return;
    sendRest();
    if (restStart == restEnd && subscription != null) subscription.writable();
  }

  private void keep(byte[] bytes, int start, int end) {
    rest = bytes;
    restStart = start;
    restEnd = end;
  }

  /**
   * Sends what the windows and the socket allow. If the stream's own window is the narrower one,
   * its client will open it; otherwise the stream waits for the connection.
   */
  private void sendRest() {
    while (restStart < restEnd) {
      int length = Math.min(restEnd - restStart, Http2Output.MAX_PAYLOAD);
      length = Math.min(length, Math.min(sendWindow, connection.sendable()));
      if (length <= 0) {
        if (sendWindow > 0) await();
        return;
      }
      boolean isEnd = endsAfterRest && restStart + length == restEnd;
      connection.data(id, length, isEnd).put(rest, restStart, length);
      sendWindow -= length;
      restStart += length;
    }
    rest = NOTHING;
    restStart = restEnd = 0;
    if (endsAfterRest) finish();
  }

  private void await() {
    if (isWaiting) return;
    isWaiting = true;
    connection.await(this);
  }
}
