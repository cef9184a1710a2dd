package io.runnel.servlet;

import static java.lang.System.Logger.Level.DEBUG;

import io.runnel.engine.EventBatch;
import io.runnel.engine.EventSink;
import io.runnel.engine.Opening;
import io.runnel.engine.Subscription;
import io.runnel.engine.TooManyTopicsException;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.WebConnection;
import java.io.IOException;
import java.lang.System.Logger;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber over a WebSocket: the events of a stream, each as a text message ({@link
 * WebSocketFrames}). It only listens: a message from it ends it.
 *
 * <p>The container's threads read; all else belongs to the lane.
 */
final class WebSocketStream
    implements EventSink, StreamLane.Member, WriteListener, ReadListener, WebSocketReader.Handler {
  /** RFC 6455, 7.4.1, and its registry: why a socket is closed. */
  private static final int NORMAL = 1000;

  private static final int GOING_AWAY = 1001;
  private static final int POLICY = 1008;
  private static final int FAILED = 1011;
  private static final int TRY_AGAIN_LATER = 1013;

  /** Pings without an answer after which nobody is believed to be there. */
  private static final int MAX_SILENT_PINGS = 4;

  /** How long the other side may take to close. */
  private static final int LINGER_TICKS = 2;

  /** Reading may fail once, and writing. */
  private static final int MAX_FAILURES = 2;

  private static final Logger log = System.getLogger(WebSocketStream.class.getName());

  private final EventStreams streams;
  private final StreamLane lane;
  private final StreamRequest request;
  private final Login login;

  /** Whether there is a place for it; else it is told when to come back. */
  private final boolean isAdmitted;

  private final AtomicInteger failures = new AtomicInteger();

  // The container's, one thread at a time.
  private @Nullable ServletInputStream in;
  private final WebSocketReader reader = new WebSocketReader(this);
  private final byte[] read = new byte[256];

  // The lane's.
  private @Nullable AutoCloseable connection;
  private @Nullable FrameOutput out;
  private @Nullable Subscription subscription;
  private boolean open = true;
  private boolean started;
  private boolean blocked = true;
  private boolean hasTakenSome;
  private int lastWrite;
  private boolean closing;
  private int closingSince;
  private int silentPings;
  private @Nullable String retry;

  /** The newest ping that could not be answered, as something is still kept before it. */
  private byte @Nullable [] ping;

  WebSocketStream(
      EventStreams streams,
      StreamLane lane,
      HttpServletRequest httpRequest,
      StreamRequest request,
      boolean isAdmitted) {
    this.streams = streams;
    this.lane = lane;
    this.request = request;
    this.isAdmitted = isAdmitted;
    login = streams.login(httpRequest);
  }

  // ---------------------------------------------------------------- the container's threads

  /** The handshake is over; the connection comes, and if it does not this is given up. */
  void expect() {
    lane.execute(
        () -> {
          lastWrite = lane.now();
          lane.add(this);
        });
  }

  /** The connection, to which nothing is written before {@link #onWritePossible}. */
  void start(AutoCloseable connection, FrameOutput out) {
    lane.execute(
        () -> {
          this.connection = connection;
          this.out = out;
        });
  }

  void start(WebConnection connection) {
    try {
      in = connection.getInputStream();
      start(connection, new NonBlockingOutput(connection.getOutputStream()));
      in.setReadListener(this);
      connection.getOutputStream().setWriteListener(this);
    } catch (IOException clientGone) {
      lane.execute(this::gone);
    }
  }

  Executor pingers() {
    return streams.pingers();
  }

  void destroyed() {
    lane.execute(this::gone);
  }

  @Override
  public void onWritePossible() {
    lane.execute(this::goOn);
  }

  @Override
  public void onDataAvailable() throws IOException {
    ServletInputStream in = this.in;
    while (in != null && in.isReady()) {
      int count = in.read(read);
      if (count < 0) break;
      reader.feed(read, count);
    }
  }

  @Override
  public void onAllDataRead() {
    lane.execute(this::gone);
  }

  /**
   * Undertow 2.3 writes to a closed connection again and again, and tells each failure: its thread
   * would do nothing else any more. What ends that is to throw.
   */
  @Override
  public void onError(Throwable clientGone) {
    if (failures.incrementAndGet() > MAX_FAILURES) {
      throw new IllegalStateException("a WebSocket is gone, as was told before", clientGone);
    }
    failed(clientGone);
  }

  void failed(Throwable clientGone) {
    log.log(DEBUG, "a WebSocket is gone", clientGone);
    lane.execute(this::gone);
  }

  @Override
  public void ping(byte[] body) {
    lane.execute(() -> pong(body));
  }

  @Override
  public void pong() {
    lane.execute(() -> silentPings = 0);
  }

  @Override
  public void close(int code) {
    lane.execute(() -> closed(code));
  }

  @Override
  public void broken(int code, String reason) {
    lane.execute(() -> end(code, reason, StreamEnd.LEFT));
  }

  // ---------------------------------------------------------------- the lane: begin

  private void goOn() {
    if (!started) {
      started = true;
      blocked = false;
      if (open) begin();
      else disconnect();
      return;
    }
    hasTakenSome = true;
    flush();
    if (blocked || closing) return;
    byte[] body = ping;
    ping = null;
    if (body != null && !send(WebSocketFrames.pongFrame(body))) return;
    if (subscription != null) subscription.writable();
  }

  private void begin() {
    if (!isAdmitted) {
      long millis = streams.admission.comeBackIn().toMillis();
      send(WebSocketFrames.retryFrame(millis));
      end(TRY_AGAIN_LATER, "retry: " + millis, StreamEnd.REFUSED);
      return;
    }
    try {
      Subscription subscription = lane.lane.subscribe(request.subscription(), this);
      if (open && !closing) this.subscription = subscription;
      else subscription.close();
    } catch (TooManyTopicsException | IllegalArgumentException e) {
      // A browser would tell its page nothing of a refusal before the handshake.
      end(POLICY, shortened(String.valueOf(e.getMessage())), StreamEnd.REFUSED);
    }
  }

  private static String shortened(String reason) {
    return reason.length() <= 40 ? reason : reason.substring(0, 40);
  }

  // ---------------------------------------------------------------- the hub's sink

  @Override
  public boolean open(Opening opening) {
    if (!open || closing) return false;
    if (!opening.finished()) return true;
    end(NORMAL, "complete", StreamEnd.COMPLETED);
    return false;
  }

  @Override
  public boolean write(EventBatch batch) {
    if (closing || !open) return false;
    byte[] frames = lane.webSocketFrames.of(batch);
    retry = lane.webSocketFrames.retry();
    if (lane.webSocketFrames.hasPing() && ++silentPings > MAX_SILENT_PINGS) {
      gone();
      return false;
    }
    return send(frames);
  }

  /** Jetty tells of whole messages only. */
  @Override
  public boolean hasTakenSome() {
    boolean taken = hasTakenSome;
    hasTakenSome = false;
    return taken;
  }

  @Override
  public void end(EndReason reason) {
    subscription = null;
    switch (reason) {
      case COMPLETED -> end(NORMAL, "complete", StreamEnd.COMPLETED);
      case SHUTDOWN ->
          end(GOING_AWAY, retry == null ? "stopping" : "retry: " + retry, StreamEnd.RELEASED);
      case SLOW -> end(TRY_AGAIN_LATER, "too slow", StreamEnd.SLOW);
      case FAILED -> end(FAILED, "the history failed", StreamEnd.FAILED);
    }
  }

  // ---------------------------------------------------------------- writing

  /** Writes the frames; true if they have gone. */
  private boolean send(byte[] frames) {
    if (out == null) return true;
    out.add(frames);
    if (!blocked) flush();
    return !blocked;
  }

  private void flush() {
    if (out == null) return;
    try {
      lastWrite = lane.now();
      blocked = !out.tryWrite();
    } catch (IOException | RuntimeException clientGone) {
      gone();
    }
  }

  // ---------------------------------------------------------------- closing

  /**
   * The closing handshake, begun by this side. Who does not read would not read the close frame
   * either.
   */
  private void end(int code, String reason, StreamEnd why) {
    if (closing || !open) return;
    closing = true;
    closingSince = lane.now();
    letGo(why);
    if (blocked && why == StreamEnd.SLOW) disconnect();
    else send(WebSocketFrames.closeFrame(code, reason));
  }

  /** The other side's half of the closing handshake, or its beginning. */
  private void closed(int code) {
    if (!closing) {
      closing = true;
      letGo(StreamEnd.LEFT);
      send(WebSocketFrames.closeFrame(code, ""));
    }
    disconnect();
  }

  private void pong(byte[] body) {
    silentPings = 0;
    if (closing) return;
    if (blocked) ping = body;
    else send(WebSocketFrames.pongFrame(body));
  }

  private void gone() {
    letGo(StreamEnd.LEFT);
    disconnect();
  }

  private void disconnect() {
    closing = true;
    AutoCloseable connection = this.connection;
    this.connection = null;
    if (connection == null) return;
    // Undertow waits until all is written, which may be never.
    if (blocked) streams.cutters().execute(() -> close(connection));
    else close(connection);
  }

  private static void close(AutoCloseable connection) {
    try {
      connection.close();
    } catch (Exception alreadyGone) {
      log.log(DEBUG, "a WebSocket was gone when it was closed", alreadyGone);
    }
  }

  private void letGo(StreamEnd why) {
    if (!open) return;
    open = false;
    if (subscription != null) subscription.close();
    subscription = null;
    if (!isAdmitted) return;
    streams.admission.ended(lane);
    streams.counters.count(why);
  }

  // ---------------------------------------------------------------- time and end

  @Override
  public boolean tick() {
    if (blocked && lane.now() - lastWrite >= lane.writeTimeoutTicks()) timeOut();
    if (closing && connection != null && lane.now() - closingSince >= LINGER_TICKS) disconnect();
    return !open && connection == null;
  }

  /** It takes nothing of what was written last, or the connection has never come. */
  private void timeOut() {
    if (started) end(TRY_AGAIN_LATER, "too slow", StreamEnd.SLOW);
    else gone();
  }

  /** The hub releases those that subscribe. */
  @Override
  public void release() {}

  @Override
  public Login login() {
    return login;
  }

  @Override
  public void logOut() {
    end(POLICY, "logged out", StreamEnd.LOGGED_OUT);
  }
}
