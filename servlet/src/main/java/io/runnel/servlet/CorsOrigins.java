package io.runnel.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Origins whose pages may read what a servlet answers, compared exactly, and the headers that tell
 * a browser so: with credentials, and so never {@code *}. Any thread.
 */
final class CorsOrigins {
  /** The parameter of a servlet that names them, divided by commas. */
  static final String PARAMETER = "cors-origin";

  /** The same for all servlets of a web application. */
  static final String CONTEXT_PARAMETER = "runnel.cors-origin";

  private static final String REQUEST_HEADERS =
      "Accept, Authorization, Cache-Control, Content-Type, Idempotency-Key, Last-Event-ID,"
          + " X-Requested-With";

  /** What a page may read beyond the few headers that it always may. */
  private static final String RESPONSE_HEADERS = "ETag, Location, Retry-After, WWW-Authenticate";

  /** As browsers write it; what is written otherwise would never be met. */
  private static final Pattern ORIGIN =
      Pattern.compile(
          "(?!http://[^/]*:0*80$)(?!https://[^/]*:0*443$)"
              + "[a-z][a-z0-9+.-]*://(\\[[0-9a-f:.]+]|[a-z0-9._-]+)(:[0-9]{1,5})?");

  private final Set<String> listed;

  private CorsOrigins(Set<String> listed) {
    this.listed = Set.copyOf(listed);
  }

  /**
   * Reads the list.
   *
   * @param text null if nothing is said
   * @throws IllegalArgumentException if one of them is none; the message names it
   */
  static CorsOrigins parse(@Nullable String text) {
    var listed = new LinkedHashSet<String>();
    if (text == null) return new CorsOrigins(listed);
    for (String part : text.split("[,;]", -1)) {
      String origin = part.strip();
      if (origin.isEmpty()) continue;
      if (!ORIGIN.matcher(origin).matches()) {
        throw new IllegalArgumentException(
            PARAMETER
                + "="
                + origin
                + " is no origin: scheme://host or scheme://host:port as a browser writes it, in"
                + " lower case, without a path and without the scheme's own port, such as"
                + " https://shop.example");
      }
      listed.add(origin);
    }
    return new CorsOrigins(listed);
  }

  boolean contains(String origin) {
    return listed.contains(origin);
  }

  /** The request's own host, behind a proxy that ends TLS, too: the scheme does not count. */
  static boolean isOwn(HttpServletRequest request, String origin) {
    String host = request.getHeader("Host");
    return origin.equalsIgnoreCase("http://" + host) || origin.equalsIgnoreCase("https://" + host);
  }

  /** Lets a page read the answer, be it an error. */
  static void allow(HttpServletResponse response, String origin) {
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader("Access-Control-Allow-Credentials", "true");
    response.setHeader("Access-Control-Expose-Headers", RESPONSE_HEADERS);
  }

  /** Lets a page send what needs to be asked for first. */
  static void allowRequests(HttpServletResponse response, String methods) {
    response.setHeader("Access-Control-Allow-Methods", methods);
    response.setHeader("Access-Control-Allow-Headers", REQUEST_HEADERS);
    response.setHeader("Access-Control-Max-Age", "600");
  }
}
