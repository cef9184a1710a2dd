package io.runnel.hub;

import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What RFC 9112 asks of every request of HTTP/1 before anybody looks at what it wants, as far as
 * Netty has not seen to it.
 */
final class RequestRules {
  private static final Pattern ABSOLUTE_FORM =
      Pattern.compile("https?://(?<authority>[^/?#]+)(?<rest>.*)", Pattern.CASE_INSENSITIVE);

  private RequestRules() {}

  /** What is wrong with the request, so that nothing that follows it can be believed; or null. */
  static @Nullable Problem broken(FullHttpRequest request) {
    HttpVersion version = request.protocolVersion();
    if (version.majorVersion() != 1) {
      return new Problem(
          505, "HTTP version not supported", version.text() + " is neither HTTP/1.1 nor HTTP/2");
    }
    // RFC 9112, 3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1
    // request message that lacks a Host header field and to any request message that contains more
    // than one Host header field line".
    List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
    boolean mayHaveNone = version.equals(HttpVersion.HTTP_1_0);
    if (hosts.size() == 1 || (hosts.isEmpty() && mayHaveNone)) return null;
    return new Problem(
        400, "Bad request", "a request has one Host header; this one has " + hosts.size());
  }

  /**
   * Takes a target in absolute form apart. RFC 9112, 3.2.2: what it says counts, whatever {@code
   * Host} says.
   */
  static void settleTarget(FullHttpRequest request) {
    Matcher matcher = ABSOLUTE_FORM.matcher(request.uri());
    if (!matcher.matches()) return;
    String rest = matcher.group("rest");
    request.setUri(rest.startsWith("/") ? rest : "/" + rest);
    request.headers().set(HttpHeaderNames.HOST, matcher.group("authority"));
  }
}
