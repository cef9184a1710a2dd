package io.runnel.hub;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.runnel.engine.JsonLines;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A plain publish, read straight from the bytes that came: {@code POST /events/<topic>}, perhaps
 * with {@code event=} and {@code id=} that mean themselves, with a {@code Content-Length}, its body
 * with it, and no header that asks for more.
 *
 * <p>It only ever says yes to what every reader of HTTP would read in the same way and the hub
 * would publish without a question. Of anything else it says no and has touched nothing: that goes
 * the general way, which knows what is wrong with it.
 *
 * <p>Event loop.
 */
final class PlainPublish {
  /** The longest request line and headers. */
  static final int MAX_HEAD = 1024;

  private static final byte[] START = "POST /events/".getBytes(US_ASCII);
  private static final byte[] EVENT = "event=".getBytes(US_ASCII);
  private static final byte[] ID = "id=".getBytes(US_ASCII);
  private static final byte[] VERSION = " HTTP/1.1\r\n".getBytes(US_ASCII);
  private static final int MAX_DIGITS = 8;

  private final HubServer server;
  private final int maxHead;

  /** The beginning of what came; the loop's, for all its connections. */
  private final byte[] bytes;

  private int at;
  private int end;
  private int contentLength;
  private int hosts;
  private boolean isAuthorised;
  private Topic topic = new Topic("none");
  private String type = Event.MESSAGE;
  private @Nullable String id;
  private String data = "";

  // Values that were found to be of no concern: the next request has the same ones.
  private byte[] knownHost = {};
  private byte[] knownContentType = {};

  PlainPublish(HubServer server, byte[] bytes) {
    this.server = server;
    this.bytes = bytes;
    HubConfig config = server.config();
    maxHead =
        Math.min(bytes.length, Math.min(config.maxUriBytes(), config.maxRequestHeaderBytes()));
  }

  Topic topic() {
    return topic;
  }

  /** The event, once: an idle connection keeps nothing of it. */
  Event takeEvent() {
    var event = new Event(type, data, id);
    data = "";
    return event;
  }

  /**
   * Takes the request that stands at the beginning, if it is one of these and all of it is there.
   */
  boolean read(ByteBuf in) {
    at = 0;
    end = Math.min(in.readableBytes(), maxHead);
    in.getBytes(in.readerIndex(), bytes, 0, end);
    if (!skip(START)) return false;
    int name = at;
    if (!skipTopic()) return false;
    int nameEnd = at;
    if (!skipQuery() || !skip(VERSION)) return false;
    if (!skipHeaders() || in.readableBytes() - at < contentLength) return false;
    byte[] body = new byte[contentLength];
    in.getBytes(in.readerIndex() + at, body);
    String text = new String(body, UTF_8);
    // It stands for what is no UTF-8; where it was sent itself, the general way is right as well.
    if (text.indexOf('\uFFFD') >= 0) return false;
    in.skipBytes(at + contentLength);
    topic = new Topic(new String(bytes, name, nameEnd - name, US_ASCII));
    data = text;
    return true;
  }

  private boolean skip(byte[] expected) {
    int next = at + expected.length;
    if (next > end || !Arrays.equals(bytes, at, next, expected, 0, expected.length)) return false;
    at = next;
    return true;
  }

  /** Segments of letters, digits, - and _: names that mean themselves, and are never refused. */
  private boolean skipTopic() {
    int name = at;
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
    return at > segment && at - name <= Topic.MAX_BYTES;
  }

  /** Nothing, or the event's type and its id, each at most once, in any order. */
  private boolean skipQuery() {
    type = Event.MESSAGE;
    id = null;
    if (at == end || bytes[at] != '?') return true;
    boolean hasType = false;
    do {
      at++;
      if (!hasType && skip(EVENT)) {
        type = value();
        hasType = true;
      } else if (id == null && skip(ID)) id = value();
      else return false;
    } while (at < end && bytes[at] == '&');
    return !type.isEmpty() && !"".equals(id);
  }

  /** The letters, digits and marks that stand here and mean themselves (RFC 3986, 2.3). */
  private String value() {
    int from = at;
    while (at < end && isUnreserved(bytes[at])) at++;
    return new String(bytes, from, at - from, US_ASCII);
  }

  private boolean skipHeaders() {
    contentLength = 0;
    hosts = 0;
    isAuthorised = server.needsNoPublishToken();
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
      if (!isPlain(colon, value, valueEnd)) return false;
      at = valueEnd + 2;
    }
    if (at + 1 >= end || bytes[at + 1] != '\n') return false;
    at += 2;
    return contentLength > 0 && hosts == 1 && isAuthorised;
  }

  /**
   * Whether the header asks for nothing, or for what is done here. Most mean nothing to the hub.
   */
  private boolean isPlain(int colon, int value, int valueEnd) {
    return switch (colon - at) {
      case 2 -> !isNamed("te", colon);
      case 4 -> !isNamed("host", colon) || isOurs(value, valueEnd);
      case 6 -> !isNamed("origin", colon) && !isNamed("expect", colon);
      case 7 -> !isNamed("upgrade", colon) && !isNamed("trailer", colon);
      case 10 -> !isNamed("connection", colon) || isKeepAlive(value, valueEnd);
      case 12 -> !isNamed("content-type", colon) || isOneEvent(value, valueEnd);
      case 13 -> !isNamed("authorization", colon) || mayPublish(value, valueEnd);
      case 14 -> !isNamed("content-length", colon) || isLength(value, valueEnd);
      case 15 -> !isNamed("idempotency-key", colon);
      case 17 -> !isNamed("transfer-encoding", colon);
      default -> true;
    };
  }

  private boolean isNamed(String name, int colon) {
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

  private boolean isOneEvent(int from, int to) {
    if (isKnown(knownContentType, from, to)) return true;
    if (JsonLines.isTypeOf(text(from, to))) return false;
    knownContentType = Arrays.copyOfRange(bytes, from, to);
    return true;
  }

  private boolean mayPublish(int from, int to) {
    isAuthorised |= server.mayPublish(text(from, to));
    return isAuthorised;
  }

  /** Digits and nothing else, once. */
  private boolean isLength(int from, int to) {
    if (contentLength > 0 || to == from || to - from > MAX_DIGITS) return false;
    int length = 0;
    for (int i = from; i < to; i++) {
      if (bytes[i] < '0' || bytes[i] > '9') return false;
      length = 10 * length + bytes[i] - '0';
    }
    contentLength = length;
    return length > 0 && length <= server.config().maxBody();
  }

  private boolean isKnown(byte[] known, int from, int to) {
    return known.length > 0 && Arrays.equals(bytes, from, to, known, 0, known.length);
  }

  private String text(int from, int to) {
    return new String(bytes, from, to - from, ISO_8859_1);
  }

  private static boolean isLetterOrDigit(byte b) {
    return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9');
  }

  private static boolean isUnreserved(byte b) {
    return isToken(b) || b == '.' || b == '~' || b == ':';
  }

  /** The characters of a header's name that are in use (RFC 9110, 5.6.2, has some more). */
  private static boolean isToken(byte b) {
    return isLetterOrDigit(b) || b == '-' || b == '_';
  }
}
