package io.runnel.client;

import io.runnel.client.ConnectionFailedException.Reason;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Where a redirect leads (Fetch standard, "HTTP-redirect fetch"), with what a client on a server
 * must not do: carry a secret to another origin, or leave https.
 */
final class Redirects {
  /** "If request's redirect count is 20, then return a network error." */
  static final int MOST = 20;

  private Redirects() {}

  static boolean isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  }

  /**
   * The next hop's request. On another origin it has none of the caller's headers, since any of
   * them may be a credential, nor has any hop after it, even back at the first origin.
   *
   * @throws ConnectionFailedException if the redirect must not be followed
   */
  static StreamRequest follow(StreamRequest request, int status, Optional<String> location)
      throws ConnectionFailedException {
    URI from = request.uri();
    URI to = target(from, location);
    refuseUnlessHttp(from, to);
    boolean drops = dropsBody(request.method(), status);
    HttpRequest.BodyPublisher body = drops ? null : request.body();
    boolean sameOrigin = origin(from).equals(origin(to));
    if (!sameOrigin && body != null) {
      throw refused(from, to, "a body is not carried to another origin");
    }
    Map<String, String> headers = sameOrigin ? request.headers() : Map.of();
    if (drops) headers = withoutBodyHeaders(headers);
    String method = drops ? "GET" : request.method();
    return new StreamRequest(to, method, headers, body, request.lastEventId());
  }

  private static URI target(URI from, Optional<String> location) throws ConnectionFailedException {
    String text = location.map(String::strip).orElse("");
    if (text.isEmpty()) {
      throw new ConnectionFailedException(
          Reason.REDIRECT, "a redirect without a Location, from " + withoutQuery(from));
    }
    try {
      return from.resolve(new URI(text));
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw new ConnectionFailedException(
          Reason.REDIRECT, "a redirect to what is no URI, from " + withoutQuery(from), e);
    }
  }

  private static void refuseUnlessHttp(URI from, URI to) throws ConnectionFailedException {
    String scheme = scheme(to);
    boolean http = scheme.equals("http") || scheme.equals("https");
    if (!http || to.getHost() == null) throw refused(from, to, "that is no http or https URI");
    if (scheme(from).equals("https") && scheme.equals("http")) {
      throw refused(from, to, "that leaves https");
    }
  }

  /** "301 or 302 and request's method is `POST`, or 303 and not `GET` or `HEAD`". */
  private static boolean dropsBody(String method, int status) {
    if (status == 303) return !method.equals("GET") && !method.equals("HEAD");
    return (status == 301 || status == 302) && method.equals("POST");
  }

  /** "For each headerName of request-body-header name, delete headerName". */
  private static Map<String, String> withoutBodyHeaders(Map<String, String> headers) {
    var kept = new LinkedHashMap<String, String>();
    headers.forEach(
        (name, value) -> {
          if (!name.toLowerCase(Locale.ROOT).startsWith("content-")) kept.put(name, value);
        });
    return kept;
  }

  private static List<Object> origin(URI uri) {
    String scheme = scheme(uri);
    int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("https") ? 443 : 80;
    return List.of(scheme, String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT), port);
  }

  private static String scheme(URI uri) {
    return uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
  }

  private static ConnectionFailedException refused(URI from, URI to, String why) {
    return new ConnectionFailedException(
        Reason.REDIRECT,
        "a redirect from " + withoutQuery(from) + " to " + withoutQuery(to) + ": " + why);
  }

  /** A query may hold a token, and messages are logged. */
  static String withoutQuery(URI uri) {
    String host = uri.getRawAuthority() == null ? "" : "//" + uri.getHost();
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    return uri.getScheme() + ":" + host + port + uri.getRawPath();
  }
}
