package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.US_ASCII;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The opening handshake of a WebSocket, the server's side (RFC 6455, 4.2), as the hub's. */
final class WebSocketHandshake {
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final String VERSION = "13";
  private static final String SUBPROTOCOL = "runnel";

  private static final String MISSING =
      "this container opens no WebSockets here without jakarta.websocket (in Jetty its module"
          + " ee11-websocket-jakarta): add it, or use an event stream";

  private WebSocketHandshake() {}

  /** Whether the client means a WebSocket, even if a proxy in between took half of that away. */
  static boolean isBegun(HttpServletRequest request) {
    return isAsked(request) || request.getHeader("Sec-WebSocket-Key") != null;
  }

  private static boolean isAsked(HttpServletRequest request) {
    return hasToken(request, "Upgrade", "websocket") && hasToken(request, "Connection", "upgrade");
  }

  /**
   * Answers what cannot become a WebSocket. A browser lets a page of any origin open one to
   * anywhere, with the cookies of there: the {@code Origin} is all that tells who asks.
   *
   * @return whether the handshake may go on
   */
  static boolean check(
      HttpServletRequest request,
      HttpServletResponse response,
      Predicate<HttpServletRequest> mayOpen)
      throws IOException {
    Problem problem = problem(request, mayOpen);
    if (problem == null) return true;
    if (problem.status() == 426) { // RFC 9110, 15.5.22: what would have to be upgraded to.
      response.setHeader("Upgrade", "websocket");
      response.setHeader("Connection", "Upgrade");
      response.setHeader("Sec-WebSocket-Version", VERSION);
    }
    problem.answer().send(response);
    return false;
  }

  private static @Nullable Problem problem(
      HttpServletRequest request, Predicate<HttpServletRequest> mayOpen) {
    String key = request.getHeader("Sec-WebSocket-Key");
    String version = request.getHeader("Sec-WebSocket-Version");
    if (!mayOpen.test(request)) {
      String origin = request.getHeader("Origin");
      return new Problem(403, "Forbidden", "a page of " + origin + " may open no WebSocket here");
    }
    ServletContext context = request.getServletContext();
    if (isMuteOnceUpgraded(context) && context.getAttribute(EndpointUpgrade.ATTRIBUTE) == null) {
      return new Problem(501, "Not implemented", MISSING);
    }
    if (!isAsked(request)) {
      return upgradeRequired(
          "no Upgrade: websocket has come; a proxy in between has to pass it on");
    }
    if (!VERSION.equals(version)) {
      return upgradeRequired("Sec-WebSocket-Version: " + version + " is not " + VERSION);
    }
    if (!"HTTP/1.1".equals(request.getProtocol())) {
      return badRequest("a WebSocket begins with a GET of HTTP/1.1");
    }
    if (key == null || !isKey(key)) {
      return badRequest("Sec-WebSocket-Key: " + key + " is not 16 bytes in Base64");
    }
    return null;
  }

  /** Jetty 12 gives an upgraded connection of a GET nothing to read, not even its end. */
  private static boolean isMuteOnceUpgraded(ServletContext context) {
    return context.getServerInfo().toLowerCase(Locale.ROOT).startsWith("jetty");
  }

  private static Problem upgradeRequired(String detail) {
    return new Problem(426, "Upgrade required", detail);
  }

  private static Problem badRequest(String detail) {
    return new Problem(400, "Bad request", detail);
  }

  /** Ends the handshake, which was checked; the stream gets the connection. */
  static void end(HttpServletRequest request, HttpServletResponse response, WebSocketStream stream)
      throws IOException {
    if (isMuteOnceUpgraded(request.getServletContext())) {
      EndpointUpgrade.begin(request, response, stream, SUBPROTOCOL);
      return;
    }
    writeHead(request, response);
    try {
      request.upgrade(WebSocketUpgrade.class).to(stream);
    } catch (ServletException e) {
      throw new IOException("this container upgrades no connection", e);
    }
  }

  /** No extension, so no compression. */
  private static void writeHead(HttpServletRequest request, HttpServletResponse response) {
    response.setStatus(HttpServletResponse.SC_SWITCHING_PROTOCOLS);
    response.setHeader("Upgrade", "websocket");
    response.setHeader("Connection", "Upgrade");
    response.setHeader("Sec-WebSocket-Accept", accept(request.getHeader("Sec-WebSocket-Key")));
    if (hasToken(request, "Sec-WebSocket-Protocol", SUBPROTOCOL)) {
      response.setHeader("Sec-WebSocket-Protocol", SUBPROTOCOL);
    }
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

  private static boolean hasToken(HttpServletRequest request, String header, String token) {
    List<String> lines = Collections.list(request.getHeaders(header));
    for (String one : String.join(",", lines).toLowerCase(Locale.ROOT).split(",", -1)) {
      if (one.strip().equals(token)) return true;
    }
    return false;
  }
}
