package io.runnel.servlet;

import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How the events reach a client. */
enum Transport {
  STREAM,
  LONG_POLL,
  POLL,
  WEBSOCKET;

  /** By the name in the query; a WebSocket also by its handshake, whole or not. */
  static Transport of(@Nullable String name, HttpServletRequest request) {
    if (name == null) return WebSocketHandshake.isBegun(request) ? WEBSOCKET : STREAM;
    return switch (name) {
      case "sse" -> STREAM;
      case "long-poll" -> LONG_POLL;
      case "poll" -> POLL;
      case "websocket" -> WEBSOCKET;
      default ->
          throw new IllegalArgumentException(
              "transport=" + name + " is none of sse, long-poll, poll, websocket");
    };
  }

  /** RFC 9110, 12.5.1, as far as it matters here: is the type, or a range with it, not excluded? */
  static boolean acceptsStream(@Nullable String accept) {
    if (accept == null || accept.isBlank()) return true;
    boolean accepted = false;
    int bestRank = 0;
    for (String range : accept.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] parts = range.split(";", -1);
      int rank = List.of("*/*", "text/*", "text/event-stream").indexOf(parts[0].strip()) + 1;
      if (rank <= bestRank) continue;
      bestRank = rank;
      accepted = !isExcluded(parts);
    }
    return accepted;
  }

  private static boolean isExcluded(String[] parts) {
    for (int i = 1; i < parts.length; i++) {
      if (parts[i].strip().matches("q=0(\\.0*)?")) return true;
    }
    return false;
  }
}
