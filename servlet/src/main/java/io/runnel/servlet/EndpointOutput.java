package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.websocket.CloseReason;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.SendHandler;
import jakarta.websocket.SendResult;
import jakarta.websocket.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Gives the frames of a stream to a WebSocket that the container has opened, one message after the
 * other: the next when the one before has gone.
 *
 * <p>The API sends a text without waiting, but a ping only with: other threads do that, and no text
 * waits for a ping.
 *
 * <p>The lane writes. The container's threads tell it what became of that.
 */
final class EndpointOutput implements FrameOutput, AutoCloseable {
  private static final int TEXT = 1;
  private static final int CLOSE = 8;
  private static final int PING = 9;

  /** For a client that reads nothing any more. */
  private static final int MILLIS_TO_ANSWER_A_CLOSE = 2_000;

  private final Session session;
  private final WebSocketStream stream;
  private final RemoteEndpoint.Async remote;
  private final Executor pingers;

  // The lane's.
  private final Deque<ByteBuffer> rest = new ArrayDeque<>(1);
  private @Nullable Sending sending;

  // Any thread's.
  private volatile boolean closed;
  private volatile boolean pingBegun;
  private final AtomicBoolean pinging = new AtomicBoolean();

  EndpointOutput(Session session, WebSocketStream stream, Executor pingers) {
    this.pingers = pingers;
    this.session = session;
    this.stream = stream;
    remote = session.getAsyncRemote();
  }

  /** The other side has closed: nothing can be sent any more. */
  void closed() {
    closed = true;
  }

  // ---------------------------------------------------------------- the lane

  @Override
  public void add(byte[] frames) {
    rest.add(ByteBuffer.wrap(frames).asReadOnlyBuffer());
  }

  @Override
  public boolean tryWrite() throws IOException {
    while (sending == null || sending.isDone) {
      sending = null;
      ByteBuffer frames = rest.peek();
      if (frames == null) return true;
      if (frames.hasRemaining()) writeNext(frames);
      else rest.remove();
    }
    return false;
  }

  /** The next of frames that {@link WebSocketFrames} has made. */
  private void writeNext(ByteBuffer frames) throws IOException {
    int opcode = frames.get() & 15;
    int length = frames.get();
    if (length == 126) length = frames.getShort() & 0xffff;
    else if (length == 127) length = (int) frames.getLong();
    ByteBuffer body = frames.slice(frames.position(), length);
    frames.position(frames.position() + length);
    if (closed) return;
    switch (opcode) {
      case TEXT -> sendText(UTF_8.decode(body).toString());
      case PING -> ping();
      case CLOSE -> session.close(reason(body));
      default -> throw new IllegalStateException("opcode " + opcode);
    }
  }

  private void sendText(String text) {
    var sending = new Sending();
    remote.sendText(text, sending);
    if (!sending.met.getAndSet(true)) this.sending = sending;
  }

  /** As long as one waits for a thread, its client owes no answer. */
  private void ping() {
    if (!pinging.getAndSet(true)) pingers.execute(this::sendPing);
    else if (!pingBegun) stream.pong();
  }

  private void sendPing() {
    pingBegun = true;
    try {
      if (!closed) remote.sendPing(ByteBuffer.allocate(0));
    } catch (IOException | RuntimeException clientGone) {
      stream.failed(clientGone);
    }
    pingBegun = false;
    pinging.set(false);
  }

  private static CloseReason reason(ByteBuffer body) {
    int code = body.getShort() & 0xffff;
    return new CloseReason(
        CloseReason.CloseCodes.getCloseCode(code), UTF_8.decode(body).toString());
  }

  /**
   * A message under way. Many have gone when the call that sends them returns; of those the lane
   * need not be told. Who meets the other there, caller or handler, goes on.
   */
  private final class Sending implements SendHandler {
    final AtomicBoolean met = new AtomicBoolean();
    volatile boolean isDone;

    @Override
    public void onResult(SendResult result) {
      isDone = true;
      if (!result.isOK()) stream.failed(result.getException());
      if (met.getAndSet(true)) stream.onWritePossible();
    }
  }

  /**
   * There is no way to cut a connection but to have nothing happen on it. A client that has closed
   * is answered by the container, with the client's code: to close here as well could come first.
   */
  @Override
  public void close() throws IOException {
    if (closed) {
      session.setMaxIdleTimeout(MILLIS_TO_ANSWER_A_CLOSE);
    } else {
      session.setMaxIdleTimeout(1);
      session.close(new CloseReason(CloseReason.CloseCodes.GOING_AWAY, ""));
    }
  }
}
