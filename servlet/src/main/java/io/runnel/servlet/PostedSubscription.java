package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A GET in the shape of a POST: {@code POST /events/orders?_method=GET} subscribes, and the body's
 * fields count as parameters. It is for clients that can send no header, and should not show a
 * token in an address: {@code XDomainRequest}, whose body is {@code text/plain} or of no type.
 *
 * <p>It changes nothing, so a page of any origin may send it. To take it for a publish, or a
 * publish for it, is refused: what was meant as a secret must never become an event.
 */
final class PostedSubscription extends HttpServletRequestWrapper {
  private static final String MARK = "_method";

  /** The longest body, in bytes: what a container takes as an address. */
  private static final int MAX_FIELDS = 8192;

  private static final List<String> TYPES =
      List.of("", "text/plain", "application/x-www-form-urlencoded");
  private static final List<String> OF_PUBLISHERS = List.of("event", "id", "complete");

  private final Map<String, List<String>> parameters;
  private final Query query;

  /**
   * The request, whose parameters are those of the query and of the body.
   *
   * @throws IllegalArgumentException if the body has a bad percent-encoding
   */
  PostedSubscription(HttpServletRequest request, byte[] body) {
    super(request);
    parameters = Query.fields(request.getQueryString() + "&" + new String(body, UTF_8));
    query = new Query(request, parameters);
  }

  /**
   * Whether the POST is one.
   *
   * @throws IllegalArgumentException if it cannot be told for which of the two it is meant
   */
  static boolean is(Query query) {
    String method = query.first(MARK);
    if (method == null) return false;
    if (!method.equalsIgnoreCase("GET")) {
      throw new IllegalArgumentException(MARK + "=" + method + " is not GET");
    }
    for (String name : OF_PUBLISHERS) {
      if (query.first(name) == null) continue;
      throw new IllegalArgumentException(
          name + "= is for publishers: with " + MARK + "=GET a POST subscribes");
    }
    return true;
  }

  /** Why its body is no form of a few fields, or null. */
  static @Nullable Problem refusal(HttpServletRequest request, byte @Nullable [] body) {
    String given = request.getContentType();
    String type = given == null ? "" : given.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (!TYPES.contains(type)) {
      String detail = type + " is no form: text/plain with fields is one";
      return new Problem(415, "Unsupported media type", detail);
    }
    if (body == null || body.length > MAX_FIELDS) {
      String detail = "the fields are over the limit of " + MAX_FIELDS + " bytes";
      return new Problem(413, "Body too large", detail);
    }
    return null;
  }

  Query query() {
    return query;
  }

  @Override
  public @Nullable String getParameter(String name) {
    return query.first(name);
  }

  @Override
  public String @Nullable [] getParameterValues(String name) {
    List<String> values = query.all(name);
    return values.isEmpty() ? null : values.toArray(String[]::new);
  }

  @Override
  public Enumeration<String> getParameterNames() {
    return Collections.enumeration(parameters.keySet());
  }

  @Override
  public Map<String, String[]> getParameterMap() {
    var all = new LinkedHashMap<String, String[]>();
    parameters.forEach((name, values) -> all.put(name, values.toArray(String[]::new)));
    return Collections.unmodifiableMap(all);
  }
}
