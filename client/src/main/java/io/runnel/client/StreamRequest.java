package io.runnel.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The request for a stream as one hop sends it.
 *
 * @param uri where to; http or https
 * @param method the HTTP method
 * @param headers the caller's headers, which may be credentials
 * @param body the caller's body, if any; can be sent again and again
 * @param lastEventId where to go on; empty from the beginning
 */
record StreamRequest(
    URI uri,
    String method,
    Map<String, String> headers,
    HttpRequest.@Nullable BodyPublisher body,
    String lastEventId) {

  /**
   * The request for java.net.http.
   *
   * @throws IllegalArgumentException if the caller's URI, method or a header cannot be sent
   */
  HttpRequest toHttpRequest() {
    boolean idFitsIntoHeader = fitsIntoHeader(lastEventId);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(idFitsIntoHeader ? uri : withLastEventIdInQuery());
    // "HTTP/2 or 1.1" over a plain connection would be an Upgrade header that proxies choke on.
    if ("http".equalsIgnoreCase(uri.getScheme())) request.version(Version.HTTP_1_1);
    // "Set (`Accept`, `text/event-stream`)", and Fetch's headers for the cache mode "no-store".
    request.setHeader("Accept", "text/event-stream").setHeader("Cache-Control", "no-cache");
    headers.forEach(request::setHeader);
    // "If the EventSource object's last event ID string is not the empty string, then set
    // (`Last-Event-ID`, lastEventIDValue) in request's header list."
    if (!lastEventId.isEmpty() && idFitsIntoHeader) {
      request.setHeader("Last-Event-ID", lastEventId);
    }
    if (body != null) request.method(method, body);
    else if (method.equals("GET")) request.GET();
    else request.method(method, BodyPublishers.noBody());
    return request.build();
  }

  /**
   * java.net.http writes header values as US-ASCII and refuses control characters, where a browser
   * sends UTF-8. An id that would not survive goes into the query, which hubs read as well.
   */
  private static boolean fitsIntoHeader(String id) {
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      if (c < 0x20 || c > 0x7e) return false;
    }
    return true;
  }

  private URI withLastEventIdInQuery() {
    String text = uri.toString();
    int fragment = text.indexOf('#');
    String base = fragment < 0 ? text : text.substring(0, fragment);
    String parameter = "lastEventId=" + URLEncoder.encode(lastEventId, UTF_8).replace("+", "%20");
    return URI.create(base + (uri.getRawQuery() == null ? "?" : "&") + parameter);
  }
}
