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
      "Accept, Authorization, Cache-Control, Content-Type, Idempotency-Key, Last-Event-ID,"
          + " X-Requested-With";

  /** What a page may read beyond the few headers that it always may. */
  private static final String RESPONSE_HEADERS = "ETag, Location, Retry-After, WWW-Authenticate";

  private final Set<String> allowed;

  Cors(Set<String> allowed) {
    this.allowed = Set.copyOf(allowed);
  }

  /**
   * Whether a request may do what the browser does not keep the pages of other origins from: change
   * something, or open a WebSocket. One that such a page sends may not, unless its origin is on the
   * list. Programs send no {@code Origin}.
   */
  boolean mayPublish(HttpExchange exchange) {
    String origin = exchange.header(HttpHeaderNames.ORIGIN);
    return origin == null || allowed.contains(origin) || isSameOrigin(origin, exchange);
  }

  /** Adds the headers that let a page on the list read the answer, be it an error. */
  void addTo(HttpExchange exchange, HttpHeaders headers) {
    String origin = exchange.header(HttpHeaderNames.ORIGIN);
    if (origin != null && (allowed.contains(origin) || isSameOrigin(origin, exchange))) {
      allow(origin, headers);
    } else if (!allowed.isEmpty()) {
      headers.add(HttpHeaderNames.VARY, "Origin");
    }
  }

  private static void allow(String origin, HttpHeaders headers) {
    headers
        .add(HttpHeaderNames.VARY, "Origin")
        .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, origin)
        .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true")
        .set(HttpHeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
  }

  /** The same for an answer to a request that no page sent, as text. */
  String headLines() {
    return allowed.isEmpty() ? "" : "vary: Origin\r\n";
  }

  /** The same for a head that is written as text. */
  String headLines(HttpExchange exchange) {
    String origin = ownOrigin(exchange);
    if (origin == null) origin = allowedOrigin(exchange.header(HttpHeaderNames.ORIGIN));
    if (origin == null) return allowed.isEmpty() ? "" : "Vary: Origin\r\n";
    return "Vary: Origin\r\nAccess-Control-Allow-Origin: "
        + origin
        + "\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Expose-Headers: "
        + RESPONSE_HEADERS
        + "\r\n";
  }

  /** Answers a preflight; a page that is not on the list gets no permission with it. */
  void preflight(HttpExchange exchange) {
    var response = HttpExchange.response(204, "", new byte[0]);
    if (allowedOrigin(exchange.header(HttpHeaderNames.ORIGIN)) != null) {
      response
          .headers()
          .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST")
          .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS)
          .set(HttpHeaderNames.ACCESS_CONTROL_MAX_AGE, "600");
    }
    exchange.respond(response);
  }

  private @Nullable String allowedOrigin(@Nullable String origin) {
    return origin != null && allowed.contains(origin) ? origin : null;
  }

  /**
   * The hub's own origin if this is a request of it, which {@code XDomainRequest} wants to be
   * allowed, too. Whoever asks for the padding is one, or stands in for one and sends no {@code
   * Origin}.
   */
  private static @Nullable String ownOrigin(HttpExchange exchange) {
    String origin = exchange.header(HttpHeaderNames.ORIGIN);
    if (origin != null) return isSameOrigin(origin, exchange) ? origin : null;
    String host = exchange.header(HttpHeaderNames.HOST);
    return host == null || Padding.length(exchange) == 0 ? null : "http://" + host;
  }

  /**
   * The hub may stand behind a proxy that ends TLS: the scheme does not count, host and port do.
   */
  private static boolean isSameOrigin(String origin, HttpExchange exchange) {
    String host = exchange.header(HttpHeaderNames.HOST);
    return origin.equalsIgnoreCase("http://" + host) || origin.equalsIgnoreCase("https://" + host);
  }
}
