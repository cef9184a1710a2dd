package io.runnel.hub;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.runnel.engine.JsonLines;
import io.runnel.eventstream.Event;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A plain publish: {@code POST /events/<topic>}, perhaps with {@code event=} and {@code id=} that
 * mean themselves, with a {@code Content-Length} and its body.
 *
 * <p>Event loop.
 */
final class PlainPublish extends PlainRequest {
  private static final byte[] EVENT = "event=".getBytes(US_ASCII);
  private static final byte[] ID = "id=".getBytes(US_ASCII);
  private static final int MAX_DIGITS = 8;

  private int contentLength;
  private boolean isAuthorised;
  private String type = Event.MESSAGE;
  private @Nullable String id;
  private String data = "";

  /** A value that was found to be of no concern: the next request has the same one. */
  private byte[] knownContentType = {};

  PlainPublish(HubServer server) {
    super(server, "POST /events/");
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
    if (!begin(in) || !skipTopic()) return false;
    if (!skipQuery() || !skip(VERSION) || !skipOwnHeaders()) return false;
    if (in.readableBytes() - at < contentLength) return false;
    byte[] body = new byte[contentLength];
    in.getBytes(in.readerIndex() + at, body);
    String text = new String(body, UTF_8);
    // It stands for what is no UTF-8; where it was sent itself, the general way is right as well.
    if (text.indexOf('\uFFFD') >= 0) return false;
    in.skipBytes(at + contentLength);
    data = text;
    return true;
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

  private boolean skipOwnHeaders() {
    contentLength = 0;
    isAuthorised = server.needsNoPublishToken();
    return skipHeaders() && contentLength > 0 && isAuthorised;
  }

  @Override
  boolean isPlain(int colon, int value, int valueEnd) {
    return switch (colon - at) {
      case 12 -> !isNamed("content-type", colon) || isOneEvent(value, valueEnd);
      case 13 -> !isNamed("authorization", colon) || mayPublish(value, valueEnd);
      case 14 -> !isNamed("content-length", colon) || isLength(value, valueEnd);
      case 15 -> !isNamed("idempotency-key", colon);
      default -> true;
    };
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

  private static boolean isUnreserved(byte b) {
    return isToken(b) || b == '.' || b == '~' || b == ':';
  }
}
