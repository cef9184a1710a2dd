package io.runnel.hub;

import io.netty.buffer.ByteBuf;
import io.runnel.engine.Start;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A plain subscription: {@code GET /events/<topic>} without a query, perhaps with a {@code
 * Last-Event-ID}, where subscribers need no token. What thousands send who come back at once.
 *
 * <p>Event loop.
 */
final class PlainSubscribe extends PlainRequest {
  private @Nullable String cursor;

  /** A value that was found to be of no concern: the next request has the same one. */
  private byte[] knownAccept = {};

  PlainSubscribe(HubServer server) {
    super(server, "GET /events/");
  }

  Start start() {
    return cursor == null ? Start.NOW : Start.after(cursor);
  }

  /**
   * Takes the request that stands at the beginning, if it is one of these and all of it is there.
   */
  boolean read(ByteBuf in) {
    if (!server.needsNoSubscribeToken() || !begin(in) || !skipTopic()) return false;
    cursor = null;
    if (!skip(VERSION) || !skipHeaders()) return false;
    in.skipBytes(at);
    return true;
  }

  @Override
  boolean isPlain(int colon, int value, int valueEnd) {
    return switch (colon - at) {
      case 6 -> !isNamed("accept", colon) || isStreamAccepted(value, valueEnd);
      case 13 -> !isNamed("last-event-id", colon) || isCursor(value, valueEnd);
      case 14 -> !isNamed("content-length", colon);
      // A WebSocket's, where a proxy has dropped the rest.
      case 17 -> !isNamed("sec-websocket-key", colon);
      default -> true;
    };
  }

  private boolean isStreamAccepted(int from, int to) {
    if (isKnown(knownAccept, from, to)) return true;
    if (!EventsResource.isStreamAccepted(text(from, to))) return false;
    knownAccept = Arrays.copyOfRange(bytes, from, to);
    return true;
  }

  /** Once, and without blanks, which may or may not belong to it. */
  private boolean isCursor(int from, int to) {
    if (cursor != null || from == to) return false;
    for (int i = from; i < to; i++) {
      if (bytes[i] == ' ') return false;
    }
    cursor = text(from, to);
    return true;
  }
}
