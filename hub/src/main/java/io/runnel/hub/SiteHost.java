package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.runnel.engine.Start;
import io.runnel.engine.SubscriptionRequest;
import io.runnel.engine.TopicPattern;
import io.runnel.hub.EventsResource.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** Lets a {@link Site} answer requests. */
final class SiteHost {
  private static final Map<String, String> CONTENT_TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "json", "application/json",
          "svg", "image/svg+xml",
          "png", "image/png",
          "ico", "image/x-icon");

  private final Site site;
  private final HubServer server;

  SiteHost(Site site, HubServer server) {
    this.site = site;
    this.server = server;
  }

  String path() {
    return site.path();
  }

  boolean handles(String path) {
    String own = site.path();
    return path.startsWith(own)
        && (path.length() == own.length() || path.charAt(own.length()) == '/');
  }

  void handle(HttpExchange exchange) {
    // Relative addresses in a page count from its folder.
    if (exchange.path().equals(site.path())) {
      new Answer(exchange).redirect(site.path() + "/");
      return;
    }
    if (exchange.method().equals(HttpMethod.OPTIONS)) {
      server.cors().preflight(exchange);
      return;
    }
    boolean changesNothing = exchange.method().name().equals("GET");
    if (!changesNothing && !server.cors().mayPublish(exchange)) {
      exchange.problem(403, "Forbidden", "a page of another origin may not do this here");
      return;
    }
    site.handle(new Request(exchange), new Answer(exchange));
  }

  void close() {
    site.close();
  }

  private final class Request implements SiteRequest {
    private final HttpExchange exchange;
    private @Nullable QueryStringDecoder form;

    Request(HttpExchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public String method() {
      return exchange.method().name();
    }

    @Override
    public String path() {
      return exchange.path().substring(site.path().length());
    }

    @Override
    public @Nullable String header(String name) {
      return exchange.header(name);
    }

    @Override
    public @Nullable String query(String name) {
      return exchange.query(name);
    }

    @Override
    public @Nullable String form(String name) {
      if (form == null) form = new QueryStringDecoder(new String(body(), UTF_8), UTF_8, false);
      List<String> values = form.parameters().get(name);
      return values == null ? null : values.get(0);
    }

    @Override
    public byte[] body() {
      return exchange.body();
    }

    @Override
    public @Nullable String lastEventId() {
      return exchange.lastEventId();
    }
  }

  private final class Answer implements SiteResponse {
    private final HttpExchange exchange;

    Answer(HttpExchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public void send(int status, String contentType, byte[] body, Map<String, String> headers) {
      FullHttpResponse response = HttpExchange.response(status, contentType, body);
      headers.forEach((name, value) -> response.headers().set(name, value));
      exchange.respond(response);
    }

    @Override
    public void problem(int status, String title, String detail) {
      exchange.problem(status, title, detail);
    }

    @Override
    public void redirect(String location) {
      send(303, "", new byte[0], Map.of("Location", location));
    }

    @Override
    public void resource(Class<?> owner, String name) {
      byte[] content = read(owner, name);
      if (content == null) {
        problem(404, "Not found", "nothing is at " + exchange.path());
        return;
      }
      String tag = tag(content);
      Map<String, String> headers = Map.of("ETag", tag, "Cache-Control", "no-cache");
      if (tag.equals(exchange.header(HttpHeaderNames.IF_NONE_MATCH))) {
        send(304, "", new byte[0], headers);
        return;
      }
      String extension = name.substring(name.lastIndexOf('.') + 1);
      send(
          200, CONTENT_TYPES.getOrDefault(extension, "application/octet-stream"), content, headers);
    }

    @Override
    public void stream(List<String> topics, Start start, Runnable onClose) {
      SubscriptionRequest request =
          SubscriptionRequest.of(topics.stream().map(TopicPattern::new).toList(), start);
      var over = new AtomicBoolean();
      Runnable closed =
          () -> {
            if (over.compareAndSet(false, true)) onClose.run();
          };
      exchange.carrier().onClose(closed);
      exchange
          .carrier()
          .executor()
          .execute(() -> server.subscribe(exchange, request, Transport.STREAM, closed));
    }

    /** A name cannot leave its folder: it is one segment without dots at its start. */
    private byte @Nullable [] read(Class<?> owner, String name) {
      if (!name.matches("[A-Za-z0-9_-][A-Za-z0-9._-]*")) return null;
      try (InputStream in = owner.getResourceAsStream(name)) {
        return in == null ? null : in.readAllBytes();
      } catch (IOException e) {
        throw new IllegalStateException("cannot read " + name, e);
      }
    }

    private static String tag(byte[] content) {
      var crc = new CRC32();
      crc.update(content);
      return '"' + Long.toHexString(crc.getValue()) + '-' + content.length + '"';
    }
  }
}
