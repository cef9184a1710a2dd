package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import java.util.List;

/** Sends each request to who answers it: the events, or one of the sites. */
final class Router {
  private final HostNames names;
  private final EventsResource events;
  private final EventSourceScript script = new EventSourceScript();
  private final List<SiteHost> sites;

  Router(HostNames names, EventsResource events, List<SiteHost> sites) {
    this.names = names;
    this.events = events;
    this.sites = sites;
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
      exchange.respond(HttpExchange.response(200, "text/html; charset=utf-8", welcome()));
    } else {
      exchange.problem(
          404, "Not found", "nothing is at " + path + "; events are at /events/<topic>");
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

  private byte[] welcome() {
    var links = new StringBuilder();
    for (SiteHost site : sites) {
      links
          .append("<li><a href=\"")
          .append(site.path())
          .append("/\">")
          .append(site.path())
          .append("/</a>");
    }
    return """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Runnel</title>
    <style>
      body { font: 17px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; }
      code { font-size: 0.95em; }
      @media (prefers-color-scheme: dark) { body { background: #111; color: #eee; } a { color: #8cf; } }
    </style>
    <h1>Runnel</h1>
    <p>This hub is running. Subscribe and publish:
    <pre><code>curl -N localhost:8080/events/orders
    curl -d hello localhost:8080/events/orders</code></pre>
    <ul>%s</ul>
    """
        .formatted(links)
        .getBytes(UTF_8);
  }
}
