package io.runnel.servlet;

/**
 * Reads the frames of a client (RFC 6455, 5), which has nothing to say but pings, pongs and its
 * close; cut anywhere. One thread.
 */
final class WebSocketReader {
  private static final int NORMAL = 1000;
  private static final int BROKEN = 1002;
  private static final int UNSUPPORTED = 1003;
  private static final int TOO_BIG = 1009;
  private static final int NO_CODE = 1005;

  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;

  /** The longest payload of a control frame. */
  private static final int MAX_CONTROL = 125;

  /** The largest frame that is read. */
  private static final int MAX_FRAME = 1024;

  private final Handler handler;

  /** First byte, length, mask: at most 14 bytes of a head. */
  private final byte[] head = new byte[14];

  private int headLength;
  private byte[] payload = {};
  private int payloadLength = -1;
  private int taken;
  private boolean ended;

  /** What a client may say. */
  interface Handler {
    void ping(byte[] body);

    void pong();

    /** The client closes, with its code, or 1000 if it named none. */
    void close(int code);

    /** The client has broken the protocol; nothing that follows is read. */
    void broken(int code, String reason);
  }

  WebSocketReader(Handler handler) {
    this.handler = handler;
  }

  /** Reads the next bytes. */
  void feed(byte[] bytes, int length) {
    for (int i = 0; i < length && !ended; i++) {
      if (payloadLength < 0) addToHead(bytes[i]);
      else addToPayload(bytes[i]);
    }
  }

  private void addToHead(byte b) {
    head[headLength++] = b;
    if (headLength == 1) checkOpcode(b);
    else if (headLength == 2 && (b & 0x80) == 0) fail(BROKEN, "a client's frame is not masked");
    else if (headLength >= 2 && headLength == 2 + lengthBytes() + 4) beginPayload();
  }

  private void checkOpcode(byte b) {
    int opcode = b & 15;
    if ((b & 0x70) != 0) fail(BROKEN, "no extension was agreed upon");
    else if (opcode > PONG || (opcode > 2 && opcode < CLOSE)) fail(BROKEN, "opcode " + opcode);
    else if (opcode >= CLOSE && (b & 0x80) == 0) fail(BROKEN, "a control frame is cut in pieces");
    else if (opcode == 0) fail(BROKEN, "a piece of no message");
  }

  private int lengthBytes() {
    int length = head[1] & 127;
    return length < 126 ? 0 : length == 126 ? 2 : 8;
  }

  private void beginPayload() {
    long length = head[1] & 127;
    if (length >= 126) {
      length = 0;
      for (int i = 2; i < 2 + lengthBytes(); i++) length = (length << 8) | (head[i] & 255);
    }
    if (length < 0 || length > MAX_FRAME) {
      fail(TOO_BIG, "a frame of more than " + MAX_FRAME + " bytes");
    } else if (isControl() && length > MAX_CONTROL) {
      fail(BROKEN, "a control frame of " + length + " bytes");
    } else {
      payloadLength = (int) length;
      payload = new byte[payloadLength];
      taken = 0;
      if (payloadLength == 0) endFrame();
    }
  }

  private boolean isControl() {
    return (head[0] & 15) >= CLOSE;
  }

  private void addToPayload(byte b) {
    payload[taken] = (byte) (b ^ head[headLength - 4 + taken % 4]);
    if (++taken == payloadLength) endFrame();
  }

  private void endFrame() {
    switch (head[0] & 15) {
      case PING -> handler.ping(payload);
      case PONG -> handler.pong();
      case CLOSE -> close();
      default -> {
        ended = true;
        refuseMessage(handler);
      }
    }
    headLength = 0;
    payloadLength = -1;
  }

  private void close() {
    ended = true;
    if (payloadLength == 1) handler.broken(BROKEN, "half a code");
    else if (payloadLength == 0) handler.close(NORMAL);
    else {
      int code = ((payload[0] & 255) << 8) | (payload[1] & 255);
      boolean isUsable = code >= 1000 && code < 5000 && code != 1004 && code != NO_CODE;
      if (isUsable && code != 1006 && code != 1015) handler.close(code);
      else handler.broken(BROKEN, "code " + code + " is none");
    }
  }

  /** What a client hears that has sent a message. */
  static void refuseMessage(Handler handler) {
    handler.broken(UNSUPPORTED, "this socket only sends: publish with POST /events/{topic}");
  }

  private void fail(int code, String reason) {
    ended = true;
    handler.broken(code, reason);
  }
}
