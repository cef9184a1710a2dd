package io.runnel.hub;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.concurrent.EventExecutor;
import io.runnel.engine.EventBatch;
import io.runnel.engine.Hub;
import io.runnel.engine.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One event loop and its lane, and the way in which a batch of that lane reaches sockets: framed
 * once as a chunk of HTTP/1.1, then written to each socket straight from the lane's buffer.
 *
 * <p>Everything here belongs to the event loop's thread.
 */
final class Loop {
  private static final byte[] HEX = "0123456789abcdef".getBytes(US_ASCII);

  final Lane lane;
  final WebSocketFrames webSocketFrames;

  /** The frames of HTTP/2 on their way. */
  final Http2Output http2Output;

  final ServerCounters counters;

  /** How long a client may take nothing of what is queued for it. */
  final Duration writeTimeout;

  final PlainPublish publish;
  final PlainSubscribe subscribe;

  private final Frame frame = new Frame();

  /** The beginning of a stream, from the head of its answer on, for as long as it is written. */
  private ByteBuffer first = ByteBuffer.allocateDirect(8192);

  /** Whether sockets have descriptors that can be written to directly. */
  private final boolean isNative;

  /**
   * The loop and its lane. A long turn pauses until sockets have been read: what is put off to the
   * end of a round of the loop, and is a task only then, runs after the next round's reads.
   */
  static Loop on(SingleThreadEventLoop loop, HubServer server, Hub hub, boolean isNative) {
    Executor pauses = task -> loop.executeAfterEventLoopIteration(() -> loop.execute(task));
    return new Loop(hub.newLane(loop, pauses), server, loop, isNative);
  }

  private Loop(Lane lane, HubServer server, EventExecutor executor, boolean isNative) {
    this.lane = lane;
    counters = server.counters();
    writeTimeout = server.config().writeTimeout();
    publish = new PlainPublish(server);
    subscribe = new PlainSubscribe(server);
    this.isNative = isNative;
    webSocketFrames = new WebSocketFrames(isNative);
    http2Output = new Http2Output(executor);
  }

  /**
   * Where a batch begins and ends with its framing, and what sockets need to know of its buffer.
   */
  private static final class Frame {
    int start;
    int end;
    @Nullable ByteBuffer buffer;
    long address;

    /** The framed bytes on the heap, for everybody whose socket cannot be written to at once. */
    byte @Nullable [] copy;
  }

  /** The channel's descriptor, by which it is written to directly; null if it has none. */
  static @Nullable Socket socket(Channel channel) {
    return channel instanceof UnixChannel unix && unix.fd() instanceof Socket socket
        ? socket
        : null;
  }

  /** How many bytes are queued until the channel's socket takes them. */
  static long queued(Channel channel) {
    ChannelOutboundBuffer queue = channel.unsafe().outboundBuffer();
    return queue == null ? 0 : queue.totalPendingWriteBytes() - queue.currentProgress();
  }

  /**
   * Writes the batch to a socket with nothing queued before it.
   *
   * @param socket the socket, or null where it can be reached through Netty's queue only
   * @param chunked whether as a chunk, or bare
   * @return what did not go, a copy; null if all went
   * @throws IOException if the socket is broken
   */
  @Nullable ByteBuf write(@Nullable Socket socket, EventBatch batch, boolean chunked)
      throws IOException {
    if (batch.framing() != frame) frame(batch);
    int start = chunked ? frame.start : batch.start();
    int end = chunked ? frame.end : batch.end();
    if (socket == null) return copy(batch, start, end);
    // The number of a closed descriptor may be another connection's already.
    if (!socket.isOpen()) throw new IOException("closed");
    int written = socket.sendAddress(frame.address, start, end);
    return written == end - start ? null : copy(batch, start + written, end);
  }

  /**
   * The same with a head before the batch, both in one write.
   *
   * @param socket the socket, which can be written to directly
   */
  @Nullable ByteBuf write(Socket socket, byte[] head, EventBatch batch, boolean chunked)
      throws IOException {
    if (batch.framing() != frame) frame(batch);
    int start = chunked ? frame.start : batch.start();
    int batchLength = (chunked ? frame.end : batch.end()) - start;
    int length = head.length + batchLength;
    if (first.capacity() < length) first = ByteBuffer.allocateDirect(2 * length);
    first.put(0, head).put(head.length, batch.buffer(), start, batchLength);
    int written = socket.sendAddress(Buffer.memoryAddress(first), 0, length);
    if (written == length) return null;
    byte[] rest = new byte[length - written];
    first.get(written, rest);
    return Unpooled.wrappedBuffer(rest);
  }

  /** A copy of the batch, as a chunk or bare. */
  ByteBuf copy(EventBatch batch, boolean chunked) {
    if (batch.framing() != frame) frame(batch);
    return chunked ? copy(batch, frame.start, frame.end) : copy(batch, batch.start(), batch.end());
  }

  private ByteBuf copy(EventBatch batch, int start, int end) {
    return Unpooled.wrappedBuffer(sharedCopy(batch), start - frame.start, end - start);
  }

  /**
   * The batch's bytes on the heap, the same array for whoever asks: a thousand subscribers that are
   * held up by one batch keep it once.
   */
  byte[] sharedCopy(EventBatch batch) {
    if (batch.framing() != frame) frame(batch);
    if (frame.copy == null) {
      frame.copy = new byte[frame.end - frame.start];
      batch.buffer().get(frame.start, frame.copy);
    }
    return frame.copy;
  }

  /** Where the bare batch begins in its {@link #sharedCopy}. */
  int startInCopy(EventBatch batch) {
    return batch.start() - frame.start;
  }

  /** RFC 9112, 7.1: the length in hexadecimal, CRLF, the data, CRLF; written around the batch. */
  @SuppressWarnings("ReferenceEquality") // the same memory, not equal bytes
  private void frame(EventBatch batch) {
    ByteBuffer buffer = batch.buffer();
    int at = batch.start();
    buffer.put(--at, (byte) '\n').put(--at, (byte) '\r');
    int length = batch.length();
    do {
      buffer.put(--at, HEX[length & 15]);
      length >>>= 4;
    } while (length != 0);
    buffer.put(batch.end(), (byte) '\r').put(batch.end() + 1, (byte) '\n');
    frame.start = at;
    frame.end = batch.end() + 2;
    frame.copy = null;
    if (frame.buffer != buffer && isNative) {
      frame.buffer = buffer;
      frame.address = Buffer.memoryAddress(buffer);
    }
    batch.framing(frame);
  }
}
