package io.runnel.hub;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import java.util.List;

/** Sends each request to who answers it: the events, or one of the sites. */
final class Router {
  private final HostNames names;
  private final EventsResource events;
  private final EventSourceScript script = new EventSourceScript();
  private final List<SiteHost> sites;
  private final byte[] welcome;

  Router(HostNames names, EventsResource events, List<SiteHost> sites) {
    this.names = names;
    this.events = events;
    this.sites = sites;
    welcome = WelcomePage.with(sites);
  }

  /** Whether the hub answers to a request with this {@code Host}. */
  boolean isAnsweredTo(String host) {
    return names.contain(host);
  }

  EventsResource events() {
    return events;
  }

  /** Event loop. Throws {@link IllegalArgumentException} for what is to be answered with 400. */
  void handle(HttpExchange exchange) {
    String host = exchange.header(HttpHeaderNames.HOST);
    if (host != null && !names.contain(host)) {
      misdirected(exchange, HostNames.nameOf(host));
      return;
    }
    String path = exchange.path();
    if (path.equals("/events") || path.startsWith("/events/")) {
      events.handle(exchange);
      return;
    }
    if (path.equals(EventSourceScript.PATH)) {
      script.handle(exchange);
      return;
    }
    for (SiteHost site : sites) {
      if (site.handles(path)) {
        site.handle(exchange);
        return;
      }
    }
    if (path.equals("/") && exchange.method().equals(HttpMethod.GET)) {
      exchange.respond(HttpExchange.response(200, "text/html; charset=utf-8", welcome));
    } else {
      exchange.problem(
          404, "Not found", "nothing is at " + path + "; events are at /events/{topic}");
    }
  }

  private static void misdirected(HttpExchange exchange, String name) {
    exchange.problem(
        421,
        "Misdirected request",
        "this hub does not answer to the name "
            + name
            + "; if it is one of its own, set "
            + ConfigKey.SERVER_NAME
            + " = "
            + name);
  }
}
