package io.runnel.hub;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.Socket;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameReader;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection of HTTP/2 (RFC 9113), the server's side: its streams by number, and what they share.
 * Netty reads its frames; the streams and their flow control are our own, since a hub holds many
 * thousands of streams that hardly ever say a word, and a stream here is one small object.
 *
 * <p>What it sends goes straight to the socket ({@link Http2Output}). What the socket does not take
 * goes through Netty's queue, and until that is empty no stream sends data.
 *
 * <p>Belongs to the event loop's thread.
 */
final class Http2Connection extends ByteToMessageDecoder {
  /** What a client begins with (RFC 9113, 3.4). */
  static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);

  static final int DEFAULT_WINDOW = 65_535;

  private static final Logger log = LoggerFactory.getLogger(Http2Connection.class);

  /** What may wait in Netty's queue for a client that does not read but makes us answer. */
  private static final int MAX_QUEUED = 1 << 20;

  /** How large the table is by which a client compresses headers; what every client assumes. */
  private static final int HEADER_TABLE_BYTES = 4096;

  /** So many times the largest header is read to its end, since later ones build on it. */
  private static final int HEADERS_BEYOND = 4;

  private static final int MAX_SMALL_CONTINUATIONS = 16;

  // RFC 9113, 6.5.2
  private static final int SETTINGS_MAX_CONCURRENT_STREAMS = 3;
  private static final int SETTINGS_MAX_HEADER_LIST_SIZE = 6;

  private final HubServer server;
  private final Loop loop;
  private final Http2Output output;
  private final Http2Frugality frugality;
  private final Http2FrameReader reader;
  private final Http2Frames frames;
  private final IntObjectHashMap<Http2Stream> streams = new IntObjectHashMap<>();

  /** Streams that have something to send, and wait for the connection. */
  private final ArrayDeque<Http2Stream> waiting = new ArrayDeque<>(1);

  private @Nullable ChannelHandlerContext context;
  private @Nullable Socket socket;
  private @Nullable Future<?> timer;
  private int prefaceSeen;
  private boolean goingAway;
  private long idleSince;

  /** Bytes of bodies that are being received. */
  private long receiving;

  private int initialSendWindow = DEFAULT_WINDOW;
  private int sendWindow = DEFAULT_WINDOW;

  /** How many writes are in Netty's queue, and their bytes. */
  private int queued;

  private long queuedBytes;

  Http2Connection(HubServer server, Loop loop) {
    this.server = server;
    this.loop = loop;
    output = loop.http2Output;
    frugality = new Http2Frugality(server.config().maxStreamsPerConnection());
    frames = new Http2Frames(this, frugality);
    long most = server.config().maxRequestHeaderBytes();
    var headers = new DefaultHttp2HeadersDecoder(true, most);
    try {
      headers.configuration().maxHeaderTableSize(HEADER_TABLE_BYTES);
      headers.configuration().maxHeaderListSize(most, HEADERS_BEYOND * most);
    } catch (Http2Exception e) {
      throw new IllegalStateException(e);
    }
    reader = new DefaultHttp2FrameReader(headers, MAX_SMALL_CONTINUATIONS);
  }

  HubServer server() {
    return server;
  }

  Loop loop() {
    return loop;
  }

  ChannelHandlerContext context() {
    if (context == null) throw new IllegalStateException("not added");
    return context;
  }

  // ---------------------------------------------------------------- beginning and end

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    this.context = context;
    socket = Tls.isOn(context.channel()) ? null : Loop.socket(context.channel());
    idleSince = System.nanoTime();
    sendSettings();
    plan();
  }

  private void sendSettings() {
    ByteBuffer frame = output.frame(this, Http2FrameTypes.SETTINGS, 0, 0, 12);
    frame.putShort((short) SETTINGS_MAX_CONCURRENT_STREAMS);
    frame.putInt(server.config().maxStreamsPerConnection());
    frame.putShort((short) SETTINGS_MAX_HEADER_LIST_SIZE);
    frame.putInt(server.config().maxRequestHeaderBytes());
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext context) {
    if (timer != null) timer.cancel(false);
    reader.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    super.channelInactive(context);
    waiting.clear();
    for (Http2Stream stream : List.copyOf(streams.values())) stream.closed();
    streams.clear();
  }

  /** No more streams are taken; those that are open go on. */
  void goAway() {
    if (!goingAway) sendGoAway(Http2Error.NO_ERROR);
    goingAway = true;
    closeIfDone();
  }

  private void sendGoAway(Http2Error why) {
    ByteBuffer frame = output.frame(this, Http2FrameTypes.GO_AWAY, 0, 0, 8);
    frame.putInt(frames.newestStream()).putInt((int) why.code());
  }

  private void closeIfDone() {
    if (!goingAway || !streams.isEmpty()) return;
    output.flush();
    LastWrite.thenClose(context().writeAndFlush(context().alloc().buffer(0)), loop.writeTimeout);
  }

  /** What breaks the protocol ends the connection, and the client is told why. */
  private void fail(Http2Error why) {
    goingAway = true;
    sendGoAway(why);
    output.flush();
    context().close();
  }

  // ---------------------------------------------------------------- reading

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    if (goingAway && streams.isEmpty()) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (!readPreface(in)) return;
    try {
      reader.readFrame(context, in, frames);
    } catch (Http2Exception e) {
      if (Http2Exception.isStreamError(e)) refuse(e);
      else fail(e.error());
    }
  }

  private boolean readPreface(ByteBuf in) {
    while (prefaceSeen < PREFACE.length && in.isReadable()) {
      if (in.readByte() == PREFACE[prefaceSeen++]) continue;
      in.skipBytes(in.readableBytes());
      fail(Http2Error.PROTOCOL_ERROR);
      return false;
    }
    return prefaceSeen == PREFACE.length && in.isReadable();
  }

  /** One stream did wrong. */
  private void refuse(Http2Exception e) {
    int id = Http2Exception.streamId(e);
    if (e instanceof Http2Exception.HeaderListSizeException && id > frames.newestStream()) {
      frames.streamSeen(id);
      var stream = new Http2Stream(this, id, initialSendWindow);
      streams.put(id, stream);
      stream.refuse(
          new Problem(
              431,
              "Headers too large",
              "the request's headers are over the limit of "
                  + server.config().maxRequestHeaderBytes()
                  + " bytes"));
      return;
    }
    frames.streamSeen(id);
    reset(id, e.error());
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) throws Exception {
    super.channelReadComplete(context);
    output.flush();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    ConnectionFailure.tell(cause);
    context.close();
  }

  // ---------------------------------------------------------------- for what the client says

  @Nullable Http2Stream stream(int id) {
    return streams.get(id);
  }

  /** A new stream, or null if none is taken. */
  @Nullable Http2Stream open(int id) {
    if (goingAway) return null;
    if (streams.size() >= server.config().maxStreamsPerConnection()) {
      reset(id, Http2Error.REFUSED_STREAM);
      return null;
    }
    var stream = new Http2Stream(this, id, initialSendWindow);
    streams.put(id, stream);
    return stream;
  }

  void acknowledgeSettings() {
    output.frame(this, Http2FrameTypes.SETTINGS, Http2Flags.ACK, 0, 0);
  }

  void sendPong(long data) {
    output.frame(this, Http2FrameTypes.PING, Http2Flags.ACK, 0, 8).putLong(data);
  }

  /** The client takes so much more data, on all streams together. */
  void widen(int increment) throws Http2Exception {
    if (sendWindow > Integer.MAX_VALUE - increment) {
      throw Http2Exception.connectionError(Http2Error.FLOW_CONTROL_ERROR, "window");
    }
    sendWindow += increment;
    resume();
  }

  /** The client takes so much data on each stream, those that are open as well. */
  void resizeWindows(int window) throws Http2Exception {
    int change = window - initialSendWindow;
    initialSendWindow = window;
    for (Http2Stream stream : List.copyOf(streams.values())) stream.resize(change);
  }

  // ---------------------------------------------------------------- for its streams

  /** Room for more of a body, or false if this connection has too much of them already. */
  boolean receive(int bytes) {
    if (receiving + bytes > 2L * server.config().maxBody() + DEFAULT_WINDOW) return false;
    receiving += bytes;
    return true;
  }

  void received(int bytes) {
    receiving -= bytes;
  }

  void sendWindowUpdate(int id, int increment) {
    output.frame(this, Http2FrameTypes.WINDOW_UPDATE, 0, id, 4).putInt(increment);
  }

  /** Sends the header of an answer. */
  void sendHeaders(int id, byte[] block, boolean isEnd) {
    if (block.length > Http2Output.MAX_PAYLOAD) {
      log.error("an answer's header of {} bytes is too large", block.length);
      reset(id, Http2Error.INTERNAL_ERROR);
      return;
    }
    int flags = Http2Flags.END_HEADERS | (isEnd ? Http2Flags.END_STREAM : 0);
    output.frame(this, Http2FrameTypes.HEADERS, flags, id, block.length).put(block);
  }

  /** How much data may be sent now, by all streams together. */
  int sendable() {
    return queued > 0 ? 0 : sendWindow;
  }

  /** Begins a frame of data, within what may be sent. */
  ByteBuffer data(int id, int length, boolean isEnd) {
    sendWindow -= length;
    int flags = isEnd ? Http2Flags.END_STREAM : 0;
    return output.frame(this, Http2FrameTypes.DATA, flags, id, length);
  }

  /** The stream has something to send as soon as the connection can. */
  void await(Http2Stream stream) {
    waiting.add(stream);
  }

  /** The stream waits no more. */
  void forget(Http2Stream stream) {
    waiting.remove(stream);
  }

  /** Ends a stream in both directions, because of what its client did. */
  void reset(int id, Http2Error why) {
    sendReset(id, why);
    Http2Stream stream = streams.get(id);
    remove(id);
    if (stream != null) stream.closed();
    // A client can make us reset as well as reset itself.
    if (!frugality.mayReset(System.nanoTime())) {
      server.counters().http2Floods.increment();
      fail(Http2Error.ENHANCE_YOUR_CALM);
    }
  }

  void sendReset(int id, Http2Error why) {
    output.frame(this, Http2FrameTypes.RST_STREAM, 0, id, 4).putInt((int) why.code());
  }

  /** The stream has ended. */
  void remove(int id) {
    streams.remove(id);
    if (!streams.isEmpty()) return;
    idleSince = System.nanoTime();
    closeIfDone();
  }

  // ---------------------------------------------------------------- writing

  /** Writes frames to the socket; what does not go is copied into Netty's queue. */
  void transmit(ByteBuffer frames) {
    if (!context().channel().isActive()) return;
    try {
      if (queued == 0 && socket != null) writeDirectly(socket, frames);
    } catch (IOException e) {
      context().close();
      return;
    }
    if (frames.hasRemaining()) queue(frames);
  }

  private static void writeDirectly(Socket socket, ByteBuffer frames) throws IOException {
    // The number of a closed descriptor may be another connection's already.
    if (!socket.isOpen()) throw new IOException("closed");
    int at = frames.position();
    int written = socket.sendAddress(Buffer.memoryAddress(frames), at, frames.limit());
    frames.position(at + written);
  }

  private void queue(ByteBuffer frames) {
    int length = frames.remaining();
    if (queuedBytes + length > MAX_QUEUED) {
      server.counters().http2Floods.increment();
      context().close();
      return;
    }
    ByteBuf copy = context().alloc().directBuffer(length).writeBytes(frames);
    ChannelFuture written = context().writeAndFlush(copy);
    if (written.isDone()) return;
    queued++;
    queuedBytes += length;
    written.addListener(done -> dequeued(length));
  }

  private void dequeued(int length) {
    queued--;
    queuedBytes -= length;
    if (queued == 0) resume();
  }

  /** The streams that wait go on, the one that waits longest first. */
  private void resume() {
    while (!waiting.isEmpty() && sendable() > 0) waiting.remove().goOn();
  }

  // ---------------------------------------------------------------- time

  private void plan() {
    long nanos = server.config().requestTimeout().toNanos();
    timer = context().executor().schedule(this::tick, nanos, TimeUnit.NANOSECONDS);
  }

  /** Requests that do not come, or not whole, and connections that are not used. */
  private void tick() {
    timer = null;
    long now = System.nanoTime();
    if (!frames.isSettingsSeen()) {
      server.counters().requestTimeouts.increment();
      context().close();
      return;
    }
    for (Http2Stream stream : new ArrayList<>(streams.values())) {
      if (!stream.isOverdue(now)) continue;
      server.counters().requestTimeouts.increment();
      reset(stream.id, Http2Error.CANCEL);
    }
    if (streams.isEmpty() && now - idleSince >= server.config().idleTimeout().toNanos()) {
      server.counters().idleTimeouts.increment();
      goAway();
      return;
    }
    plan();
  }
}
