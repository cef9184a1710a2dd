package io.runnel.hub;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which pages of other origins may read and publish: those on an exact list, with credentials;
 * never {@code *}, never whoever asks.
 */
final class Cors {
  private static final String REQUEST_HEADERS =
      "Accept, Authorization, Cache-Control, Content-Type, Idempotency-Key, Last-Event-ID";

  private final Set<String> allowed;

  Cors(Set<String> allowed) {
    this.allowed = Set.copyOf(allowed);
  }

  /**
   * Whether a request may change something: one that a page of another origin sends may not, unless
   * its origin is on the list. Programs send no {@code Origin}.
   */
  boolean mayPublish(HttpExchange exchange) {
    String origin = exchange.header(HttpHeaderNames.ORIGIN);
    return origin == null || allowed.contains(origin) || isSameOrigin(origin, exchange);
  }

  /** Adds the headers that let a page on the list read the answer. */
  void addTo(HttpExchange exchange, HttpHeaders headers) {
    if (allowed.isEmpty()) return;
    headers.set(HttpHeaderNames.VARY, "Origin");
    String origin = allowedOrigin(exchange);
    if (origin == null) return;
    headers.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
  }

  /** The same for a head that is written as text. */
  String headLines(HttpExchange exchange) {
    if (allowed.isEmpty()) return "";
    String origin = allowedOrigin(exchange);
    if (origin == null) return "Vary: Origin\r\n";
    return "Vary: Origin\r\nAccess-Control-Allow-Origin: "
        + origin
        + "\r\nAccess-Control-Allow-Credentials: true\r\n";
  }

  /** Answers a preflight; a page that is not on the list gets no permission with it. */
  void preflight(HttpExchange exchange) {
    var response = HttpExchange.response(204, "", new byte[0]);
    if (allowedOrigin(exchange) != null) {
      response
          .headers()
          .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST")
          .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS)
          .set(HttpHeaderNames.ACCESS_CONTROL_MAX_AGE, "600");
    }
    exchange.respond(response);
  }

  private @Nullable String allowedOrigin(HttpExchange exchange) {
    String origin = exchange.header(HttpHeaderNames.ORIGIN);
    return origin != null && allowed.contains(origin) ? origin : null;
  }

  /**
   * The hub may stand behind a proxy that ends TLS: the scheme does not count, host and port do.
   */
  private static boolean isSameOrigin(String origin, HttpExchange exchange) {
    String host = exchange.header(HttpHeaderNames.HOST);
    return origin.equalsIgnoreCase("http://" + host) || origin.equalsIgnoreCase("https://" + host);
  }
}
