package io.runnel.hub;

import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;

/**
 * The classic script of {@code browser/}, for pages in browsers without an {@code EventSource}, and
 * for pages that want more of one. It is in the jar, as text and as gzip.
 */
final class EventSourceScript {
  static final String PATH = "/runnel-eventsource.js";

  private static final String TYPE = "text/javascript; charset=utf-8";

  /** A hub that is upgraded has a newer script under the same address: a day, then the tag. */
  private static final String CACHING = "public, max-age=86400";

  private static final Pattern TAKES_GZIP =
      Pattern.compile("(?i)(^|[,\\s])gzip\\s*(,|$|;(?!\\s*q=0(\\.0*)?\\s*(,|$)))");

  private final byte[] plain;
  private final byte[] zipped;
  private final String tag;

  EventSourceScript() {
    try (InputStream in =
        EventSourceScript.class.getResourceAsStream("/META-INF/resources" + PATH)) {
      if (in == null) throw new IllegalStateException("the jar has no " + PATH);
      plain = in.readAllBytes();
      zipped = zip(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var crc = new CRC32();
    crc.update(plain);
    tag = Long.toHexString(crc.getValue()) + '-' + plain.length;
  }

  private static byte[] zip(byte[] bytes) throws IOException {
    var zipped = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(zipped)) {
      out.write(bytes);
    }
    return zipped.toByteArray();
  }

  void handle(HttpExchange exchange) {
    HttpMethod method = exchange.method();
    if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
      exchange.problem(405, "Method not allowed", method + " is neither GET nor HEAD");
      return;
    }
    String encodings = exchange.header(HttpHeaderNames.ACCEPT_ENCODING);
    boolean gzip = encodings != null && TAKES_GZIP.matcher(encodings).find();
    String entityTag = '"' + tag + (gzip ? "-gzip\"" : "\"");
    boolean isKnown = entityTag.equals(exchange.header(HttpHeaderNames.IF_NONE_MATCH));
    byte[] body = isKnown ? new byte[0] : gzip ? zipped : plain;
    FullHttpResponse response = HttpExchange.response(isKnown ? 304 : 200, TYPE, body);
    response
        .headers()
        .set(HttpHeaderNames.ETAG, entityTag)
        .set(HttpHeaderNames.CACHE_CONTROL, CACHING)
        .set(HttpHeaderNames.VARY, "Accept-Encoding");
    if (isKnown) response.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
    else if (gzip) response.headers().set(HttpHeaderNames.CONTENT_ENCODING, "gzip");
    exchange.respond(response);
  }
}
