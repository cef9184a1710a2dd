package io.runnel.hub;

import io.netty.util.concurrent.EventExecutor;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Frames of HTTP/2 on their way to sockets: one buffer for all connections of an event loop.
 *
 * <p>It holds the frames of one connection at a time, and hands them over when another one writes,
 * when it is full, or when what the loop is doing is over. A turn goes through the streams of a
 * connection one after the other where they were opened so; all of them then cost one write, and no
 * connection needs a buffer of its own.
 *
 * <p>Belongs to the event loop's thread.
 */
final class Http2Output {
  /** The largest payload that a frame is given: what every peer has to take (RFC 9113, 4.2). */
  static final int MAX_PAYLOAD = 16 << 10;

  static final int FRAME_HEADER = 9;

  private static final int CAPACITY = 64 << 10;

  private final EventExecutor executor;
  private final Runnable flushLater = this::flushAtEnd;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(CAPACITY);
  private @Nullable Http2Connection owner;
  private boolean isFlushPlanned;

  Http2Output(EventExecutor executor) {
    this.executor = executor;
  }

  /** Begins a frame of the connection and writes its header; the payload is to follow. */
  ByteBuffer frame(Http2Connection connection, int type, int flags, int stream, int length) {
    if (owner != connection || buffer.remaining() < FRAME_HEADER + length) flush();
    owner = connection;
    if (!isFlushPlanned) {
      isFlushPlanned = true;
      executor.execute(flushLater);
    }
    buffer.putInt(length << 8 | type).put((byte) flags).putInt(stream);
    return buffer;
  }

  /** Hands the frames over that are waiting. */
  void flush() {
    Http2Connection connection = owner;
    owner = null;
    if (connection != null && buffer.position() > 0) connection.transmit(buffer.flip());
    buffer.clear();
  }

  private void flushAtEnd() {
    isFlushPlanned = false;
    flush();
  }
}
