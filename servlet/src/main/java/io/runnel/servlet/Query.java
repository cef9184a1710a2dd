package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a request's query, decoded. Not {@code getParameter}, which would read the body
 * of a form that somebody publishes.
 */
final class Query {
  private static final List<String> CURSOR_PARAMETERS =
      List.of("lastEventId", "lastEventID", "last_event_id", "evs_last_event_id");

  private final @Nullable String lastEventId;
  private final Function<String, List<String>> parameters;

  Query(@Nullable String lastEventId, Function<String, List<String>> parameters) {
    this.lastEventId = lastEventId;
    this.parameters = parameters;
  }

  /**
   * Reads the query.
   *
   * @throws IllegalArgumentException if it has a bad percent-encoding
   */
  Query(HttpServletRequest request) {
    this(request, fields(request.getQueryString()));
  }

  /** The same, with parameters that come from elsewhere. */
  Query(HttpServletRequest request, Map<String, List<String>> parameters) {
    this(header(request, "Last-Event-ID"), name -> parameters.getOrDefault(name, List.of()));
  }

  /**
   * The fields of a form.
   *
   * @throws IllegalArgumentException if it has a bad percent-encoding
   */
  static Map<String, List<String>> fields(@Nullable String form) {
    var parameters = new LinkedHashMap<String, List<String>>();
    if (form == null) return parameters;
    for (String parameter : form.split("&", -1)) {
      if (parameter.isEmpty()) continue;
      int equals = parameter.indexOf('=');
      String name = equals < 0 ? parameter : parameter.substring(0, equals);
      String value = equals < 0 ? "" : parameter.substring(equals + 1);
      parameters.computeIfAbsent(decoded(name), n -> new ArrayList<>()).add(decoded(value));
    }
    return parameters;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, UTF_8);
  }

  List<String> all(String name) {
    return parameters.apply(name);
  }

  @Nullable String first(String name) {
    List<String> values = all(name);
    return values.isEmpty() ? null : values.get(0);
  }

  /** The first header of the name as text in UTF-8, or null. */
  static @Nullable String header(HttpServletRequest request, String name) {
    String value = request.getHeader(name);
    if (value == null || value.chars().anyMatch(c -> c > 0xff)) return value;
    return new String(value.getBytes(ISO_8859_1), UTF_8);
  }

  /**
   * The cursor of a client that resumes: the header, or else the query under one of the names that
   * clients in the field send; null if there is none, or it is empty.
   */
  @Nullable String lastEventId() {
    if (lastEventId != null && !lastEventId.isEmpty()) return lastEventId;
    for (String name : CURSOR_PARAMETERS) {
      String value = first(name);
      if (value != null && !value.isEmpty()) return value;
    }
    return null;
  }
}
