package io.runnel.hub;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The opening handshake of a WebSocket, the server's side (RFC 6455, 4.2). */
final class WebSocketHandshake {
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final String VERSION = "13";
  private static final String SUBPROTOCOL = "runnel";

  private WebSocketHandshake() {}

  /** Whether the client means a WebSocket, even if a proxy in between took half of that away. */
  static boolean isBegun(HttpExchange exchange) {
    return isAsked(exchange) || exchange.header(HttpHeaderNames.SEC_WEBSOCKET_KEY) != null;
  }

  private static boolean isAsked(HttpExchange exchange) {
    return hasToken(exchange.header(HttpHeaderNames.UPGRADE), "websocket")
        && hasToken(exchange.header(HttpHeaderNames.CONNECTION), "upgrade");
  }

  /**
   * Answers what cannot become a WebSocket. A browser lets a page of any origin open one to
   * anywhere, with the cookies of there: the {@code Origin} is all that tells who asks.
   *
   * @return whether the handshake may go on
   */
  static boolean check(HttpExchange exchange, Cors cors) {
    String key = exchange.header(HttpHeaderNames.SEC_WEBSOCKET_KEY);
    String version = exchange.header(HttpHeaderNames.SEC_WEBSOCKET_VERSION);
    if (!cors.mayPublish(exchange)) {
      String origin = exchange.header(HttpHeaderNames.ORIGIN);
      exchange.problem(
          403, "Forbidden", "a page of " + origin + " may open no WebSocket here: see cors-origin");
    } else if (!isAsked(exchange)) {
      upgradeRequired(
          exchange, "no Upgrade: websocket has come; a proxy in between has to pass it on");
    } else if (!VERSION.equals(version)) {
      upgradeRequired(exchange, "Sec-WebSocket-Version: " + version + " is not " + VERSION);
    } else if (exchange.isHttp10()
        || !(exchange.carrier() instanceof HttpConnection)
        || !exchange.method().equals(HttpMethod.GET)) {
      exchange.problem(400, "Bad request", "a WebSocket begins with a GET of HTTP/1.1");
    } else if (key == null || !isKey(key)) {
      exchange.problem(
          400, "Bad request", "Sec-WebSocket-Key: " + key + " is not 16 bytes in Base64");
    } else return true;
    return false;
  }

  /** RFC 9110, 15.5.22: what would have to be upgraded to. */
  private static void upgradeRequired(HttpExchange exchange, String detail) {
    Problem problem = new Problem(426, "Upgrade required", detail);
    var response = HttpExchange.response(426, Problem.CONTENT_TYPE, problem.json());
    response
        .headers()
        .set(HttpHeaderNames.UPGRADE, "websocket")
        .set(HttpHeaderNames.CONNECTION, "Upgrade")
        .set(HttpHeaderNames.SEC_WEBSOCKET_VERSION, VERSION);
    exchange.respond(response);
  }

  /** The head that ends the handshake: no extension, so no compression. */
  static byte[] head(HttpExchange exchange) {
    String key = String.valueOf(exchange.header(HttpHeaderNames.SEC_WEBSOCKET_KEY));
    boolean named = hasToken(exchange.header(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL), SUBPROTOCOL);
    String head =
        "HTTP/1.1 101 Switching Protocols\r\n"
            + "Upgrade: websocket\r\n"
            + "Connection: Upgrade\r\n"
            + (named ? "Sec-WebSocket-Protocol: " + SUBPROTOCOL + "\r\n" : "")
            + "Sec-WebSocket-Accept: "
            + accept(key)
            + "\r\n\r\n";
    return head.getBytes(US_ASCII);
  }

  private static String accept(String key) {
    try {
      byte[] sha1 = MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(US_ASCII));
      return Base64.getEncoder().encodeToString(sha1);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }

  private static boolean isKey(String key) {
    try {
      return Base64.getDecoder().decode(key).length == 16;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean hasToken(@Nullable String list, String token) {
    if (list == null) return false;
    for (String one : list.toLowerCase(Locale.ROOT).split(",", -1)) {
      if (one.strip().equals(token)) return true;
    }
    return false;
  }
}
