package io.runnel.hub;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;

/**
 * What the client of a connection of HTTP/2 says: each frame that has been read, with the rules
 * that the standard has for it. Belongs to the event loop's thread.
 */
final class Http2Frames implements Http2FrameListener {
  private final Http2Connection connection;
  private final Http2Frugality frugality;
  private boolean settingsSeen;
  private int newestStream;
  private int receiveWindow = Http2Connection.DEFAULT_WINDOW;

  Http2Frames(Http2Connection connection, Http2Frugality frugality) {
    this.connection = connection;
    this.frugality = frugality;
  }

  /** Whether the client has begun as it has to. */
  boolean isSettingsSeen() {
    return settingsSeen;
  }

  /** The highest number that the client has given to a stream. */
  int newestStream() {
    return newestStream;
  }

  /** The client has given a stream this number, in a header that could not be read. */
  void streamSeen(int id) {
    newestStream = Math.max(newestStream, id);
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings)
      throws Http2Exception {
    if (settingsSeen) spend();
    settingsSeen = true;
    Integer window = settings.initialWindowSize();
    if (window != null) connection.resizeWindows(window);
    connection.acknowledgeSettings();
  }

  @Override
  public void onSettingsAckRead(ChannelHandlerContext context) throws Http2Exception {
    spend();
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext context,
      int id,
      Http2Headers headers,
      int dependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean isEnd)
      throws Http2Exception {
    onHeadersRead(context, id, headers, padding, isEnd);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext context, int id, Http2Headers headers, int padding, boolean isEnd)
      throws Http2Exception {
    requireSettings();
    Http2Stream stream = connection.stream(id);
    if (stream != null) {
      stream.trailers(isEnd);
      return;
    }
    if ((id & 1) == 0 || id <= newestStream) {
      // RFC 9113, 5.1.1: the numbers are odd and go up.
      throw Http2Exception.connectionError(Http2Error.PROTOCOL_ERROR, "stream %d", id);
    }
    newestStream = id;
    stream = connection.open(id);
    if (stream != null) stream.request(headers, isEnd);
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext context, int id, ByteBuf data, int padding, boolean isEnd)
      throws Http2Exception {
    requireSettings();
    int length = data.readableBytes() + padding;
    if (length == 0 && !isEnd) spend();
    receiveWindow -= length;
    if (receiveWindow < 0) {
      throw Http2Exception.connectionError(Http2Error.FLOW_CONTROL_ERROR, "%d", id);
    }
    if (receiveWindow <= Http2Connection.DEFAULT_WINDOW / 2) {
      connection.sendWindowUpdate(0, Http2Connection.DEFAULT_WINDOW - receiveWindow);
      receiveWindow = Http2Connection.DEFAULT_WINDOW;
    }
    Http2Stream stream = connection.stream(id);
    if (stream != null) stream.data(data, length, isEnd);
    else requireSeen(id);
    return length;
  }

  @Override
  public void onWindowUpdateRead(ChannelHandlerContext context, int id, int increment)
      throws Http2Exception {
    requireSettings();
    if (id == 0) {
      connection.widen(increment);
      return;
    }
    Http2Stream stream = connection.stream(id);
    if (stream != null) stream.widen(increment);
    else requireSeen(id);
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext context, int id, long error)
      throws Http2Exception {
    requireSettings();
    requireSeen(id);
    spendReset();
    Http2Stream stream = connection.stream(id);
    if (stream == null) return;
    connection.remove(id);
    stream.closed();
  }

  @Override
  public void onPingRead(ChannelHandlerContext context, long data) throws Http2Exception {
    requireSettings();
    spend();
    connection.sendPong(data);
  }

  @Override
  public void onPingAckRead(ChannelHandlerContext context, long data) throws Http2Exception {
    spend();
  }

  @Override
  public void onGoAwayRead(ChannelHandlerContext context, int last, long error, ByteBuf data) {
    connection.goAway();
  }

  /** RFC 9113, 5.3: priorities are no more. */
  @Override
  public void onPriorityRead(
      ChannelHandlerContext context, int id, int dependency, short weight, boolean exclusive)
      throws Http2Exception {
    spend();
  }

  @Override
  public void onPushPromiseRead(
      ChannelHandlerContext context, int id, int promised, Http2Headers headers, int padding)
      throws Http2Exception {
    throw Http2Exception.connectionError(Http2Error.PROTOCOL_ERROR, "a client cannot push");
  }

  /** RFC 9113, 4.1: frames of unknown types are passed over. */
  @Override
  public void onUnknownFrame(
      ChannelHandlerContext context, byte type, int id, Http2Flags flags, ByteBuf payload)
      throws Http2Exception {
    spend();
  }

  /** RFC 9113, 3.4: the client's first frame says its settings. */
  private void requireSettings() throws Http2Exception {
    if (settingsSeen) return;
    throw Http2Exception.connectionError(Http2Error.PROTOCOL_ERROR, "no settings");
  }

  /** RFC 9113, 5.1: of an idle stream nothing can be said. */
  private void requireSeen(int id) throws Http2Exception {
    if (id <= newestStream && (id & 1) == 1) return;
    throw Http2Exception.connectionError(Http2Error.PROTOCOL_ERROR, "stream %d is idle", id);
  }

  private void spend() throws Http2Exception {
    if (!frugality.mayTrouble(System.nanoTime())) throw tooMuch();
  }

  private void spendReset() throws Http2Exception {
    if (!frugality.mayReset(System.nanoTime())) throw tooMuch();
  }

  private Http2Exception tooMuch() {
    connection.server().counters().http2Floods.increment();
    return Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, "too much for nothing");
  }
}
