package io.runnel.hub;

import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.List;
import java.util.Locale;

/**
 * A GET in the shape of a POST: {@code POST /events/orders?_method=GET} subscribes, and the body's
 * fields count as parameters. It is for clients that can send no header, and should not show a
 * token in an address: {@code XDomainRequest}, whose body is {@code text/plain} or of no type.
 *
 * <p>It changes nothing, so a page of any origin may send it, and only one on the list may read the
 * answer. To take the one for the other is refused in both directions: a token must never become an
 * event, nor an event be taken for fields.
 */
final class PostedSubscription {
  private static final String MARK = "_method";
  private static final List<String> TYPES =
      List.of("", "text/plain", "application/x-www-form-urlencoded");

  /** Parameters that only a subscriber sends. */
  private static final List<String> OF_SUBSCRIBERS =
      List.of(
          "transport",
          "padding",
          "evs_preamble",
          "token",
          "lastEventId",
          "lastEventID",
          "last_event_id",
          "evs_last_event_id");

  private static final List<String> OF_PUBLISHERS = List.of("event", "id", "complete");

  private PostedSubscription() {}

  /**
   * Whether the POST is one.
   *
   * @throws IllegalArgumentException if it cannot be told for which of the two it is meant
   */
  static boolean is(HttpExchange exchange) {
    String method = exchange.query(MARK);
    if (method == null) {
      refuse(
          exchange, OF_SUBSCRIBERS, "is for subscribers: a POST that subscribes has _method=GET");
      return false;
    }
    if (!method.equalsIgnoreCase("GET")) {
      throw new IllegalArgumentException(MARK + "=" + method + " is not GET");
    }
    refuse(exchange, OF_PUBLISHERS, "is for publishers: with _method=GET a POST subscribes");
    return true;
  }

  /**
   * Reads its fields.
   *
   * @return whether it has the form of one; if not, it has been answered
   */
  static boolean read(HttpExchange exchange) {
    String type = type(exchange);
    int longest = exchange.carrier().server().config().maxUriBytes();
    if (!TYPES.contains(type)) {
      exchange.problem(
          415, "Unsupported media type", type + " is no form: text/plain with fields is one");
    } else if (exchange.body().length > longest) {
      exchange.problem(
          413, "Body too large", "the fields are over the limit of " + longest + " bytes");
    } else {
      exchange.readForm();
      return true;
    }
    return false;
  }

  private static String type(HttpExchange exchange) {
    String type = exchange.header(HttpHeaderNames.CONTENT_TYPE);
    if (type == null) return "";
    return type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  private static void refuse(HttpExchange exchange, List<String> names, String why) {
    for (String name : names) {
      if (exchange.query(name) != null) throw new IllegalArgumentException(name + "= " + why);
    }
  }
}
