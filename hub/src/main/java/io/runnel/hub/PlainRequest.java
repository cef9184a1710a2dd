package io.runnel.hub;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.runnel.engine.Topic;
import java.util.Arrays;

/**
 * A request that is read straight from the bytes that came, because nearly all of its kind look
 * like this: a plain topic, all of it there, and no header that asks for more.
 *
 * <p>It only ever says yes to what every reader of HTTP would read in the same way and the hub
 * would do without a question. Of anything else it says no and has touched nothing: that goes the
 * general way, which knows what is wrong with it.
 *
 * <p>One serves all connections of an event loop; what it read stands in it until it reads again.
 */
abstract class PlainRequest {
  /** The longest request line and headers. */
  static final int MAX_HEAD = 2048;

  static final byte[] VERSION = " HTTP/1.1\r\n".getBytes(US_ASCII);

  final HubServer server;
  final byte[] bytes = new byte[MAX_HEAD];
  private final byte[] start;
  private final int maxHead;
  int at;
  int end;
  private int topicBegin;
  private int topicEnd;
  private int hosts;

  /** A value that was found to be ours: the next request has the same one. */
  private byte[] knownHost = {};

  /**
   * Reads requests that begin like this.
   *
   * @param start the method, and the path as far as the topic
   */
  PlainRequest(HubServer server, String start) {
    this.server = server;
    this.start = start.getBytes(US_ASCII);
    HubConfig config = server.config();
    maxHead = Math.min(MAX_HEAD, Math.min(config.maxUriBytes(), config.maxRequestHeaderBytes()));
  }

  /** Whether what came begins like one of these. */
  final boolean begin(ByteBuf in) {
    if (!in.isReadable() || in.getByte(in.readerIndex()) != start[0]) return false;
    at = 0;
    end = Math.min(in.readableBytes(), maxHead);
    in.getBytes(in.readerIndex(), bytes, 0, end);
    return skip(start);
  }

  final boolean skip(byte[] expected) {
    int next = at + expected.length;
    if (next > end || !Arrays.equals(bytes, at, next, expected, 0, expected.length)) return false;
    at = next;
    return true;
  }

  /** Segments of letters, digits, - and _: names that mean themselves, and are never refused. */
  final boolean skipTopic() {
    topicBegin = at;
    int segment = at;
    for (; at < end && bytes[at] != ' ' && bytes[at] != '?'; at++) {
      byte b = bytes[at];
      if (b == '/') {
        if (at == segment) return false;
        segment = at + 1;
      } else if (!isLetterOrDigit(b) && b != '-' && b != '_') {
        return false;
      }
    }
    topicEnd = at;
    return at > segment && topicEnd - topicBegin <= Topic.MAX_BYTES;
  }

  /** The topic that was read. */
  final Topic topic() {
    return new Topic(new String(bytes, topicBegin, topicEnd - topicBegin, US_ASCII));
  }

  final boolean skipHeaders() {
    hosts = 0;
    while (at + 1 < end && bytes[at] != '\r') {
      int colon = at;
      while (colon < end && isToken(bytes[colon])) colon++;
      if (colon == at || colon == end || bytes[colon] != ':') return false;
      int value = colon + 1;
      while (value < end && bytes[value] == ' ') value++;
      int valueEnd = value;
      while (valueEnd < end && bytes[valueEnd] >= ' ' && bytes[valueEnd] != 0x7f) valueEnd++;
      if (valueEnd + 1 >= end || bytes[valueEnd] != '\r' || bytes[valueEnd + 1] != '\n') {
        return false;
      }
      if (!isOfNoConcern(colon, value, valueEnd)) return false;
      at = valueEnd + 2;
    }
    if (at + 1 >= end || bytes[at + 1] != '\n') return false;
    at += 2;
    return hosts == 1;
  }

  /** Whether the header asks for nothing, or for what is done here, whatever the request is. */
  private boolean isOfNoConcern(int colon, int value, int valueEnd) {
    return switch (colon - at) {
      case 2 -> !isNamed("te", colon);
      case 4 -> !isNamed("host", colon) || isOurs(value, valueEnd);
      case 6 ->
          !isNamed("origin", colon) && !isNamed("expect", colon) && isPlain(colon, value, valueEnd);
      case 7 -> !isNamed("upgrade", colon) && !isNamed("trailer", colon);
      case 10 -> !isNamed("connection", colon) || isKeepAlive(value, valueEnd);
      case 17 -> !isNamed("transfer-encoding", colon) && isPlain(colon, value, valueEnd);
      default -> isPlain(colon, value, valueEnd);
    };
  }

  /** The same for those that mean something to a request of this kind; most mean nothing. */
  abstract boolean isPlain(int colon, int value, int valueEnd);

  /** Whether the header that stands here, as far as the colon, has the name. */
  final boolean isNamed(String name, int colon) {
    for (int i = at; i < colon; i++) {
      if ((bytes[i] | 0x20) != name.charAt(i - at)) return false;
    }
    return true;
  }

  private boolean isOurs(int from, int to) {
    if (hosts++ > 0) return false;
    if (isKnown(knownHost, from, to)) return true;
    if (!server.router().isAnsweredTo(text(from, to))) return false;
    knownHost = Arrays.copyOfRange(bytes, from, to);
    return true;
  }

  private boolean isKeepAlive(int from, int to) {
    return text(from, to).equalsIgnoreCase("keep-alive");
  }

  final boolean isKnown(byte[] known, int from, int to) {
    return known.length > 0 && Arrays.equals(bytes, from, to, known, 0, known.length);
  }

  final String text(int from, int to) {
    return new String(bytes, from, to - from, ISO_8859_1);
  }

  static boolean isLetterOrDigit(byte b) {
    return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9');
  }

  /** The characters of a header's name that are in use (RFC 9110, 5.6.2, has some more). */
  static boolean isToken(byte b) {
    return isLetterOrDigit(b) || b == '-' || b == '_';
  }
}
