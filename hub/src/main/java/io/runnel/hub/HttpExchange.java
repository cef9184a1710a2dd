package io.runnel.hub;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.AsciiString;
import io.runnel.engine.Receipt;
import io.runnel.engine.Topic;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer. The answer may come from any thread, and takes its turn after the
 * answers to earlier requests of the connection; the rest belongs to the event loop.
 */
final class HttpExchange {
  private static final AsciiString JSON = AsciiString.cached("application/json");

  private final HttpCarrier carrier;
  private final HttpMethod method;
  private final QueryStringDecoder uri;
  private final HttpHeaders headers;
  private final byte[] body;
  private @Nullable QueryStringDecoder form;
  private final boolean keepAlive;
  private final boolean isHttp10;

  /** The answer, or what a plain publish is answered with, or what takes over the connection. */
  @Nullable FullHttpResponse response;

  @Nullable Receipt receipt;

  @Nullable Runnable takeover;

  HttpExchange(HttpCarrier carrier, FullHttpRequest request) {
    this.carrier = carrier;
    method = request.method();
    uri = new QueryStringDecoder(request.uri());
    headers = request.headers();
    body = ByteBufUtil.getBytes(request.content());
    keepAlive = HttpUtil.isKeepAlive(request);
    isHttp10 = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
  }

  /** A publish to the topic, with nothing else that an answer to it depends on. */
  static HttpExchange ofPublish(HttpCarrier carrier, Topic topic) {
    return new HttpExchange(carrier, HttpMethod.POST, "/events/" + topic.name());
  }

  /** A subscription to the topic, with nothing else that its answer depends on. */
  static HttpExchange ofSubscribe(HttpCarrier carrier, Topic topic) {
    return new HttpExchange(carrier, HttpMethod.GET, "/events/" + topic.name());
  }

  /**
   * A request of which nothing is believed but who sent it: its answer is the connection's last.
   */
  static HttpExchange ofRefused(HttpCarrier carrier, HttpMessage refused) {
    var headers = new DefaultHttpHeaders();
    for (AsciiString name : List.of(HttpHeaderNames.HOST, HttpHeaderNames.ORIGIN)) {
      headers.set(name, refused.headers().getAll(name));
    }
    return new HttpExchange(carrier, HttpMethod.GET, "/", headers, false);
  }

  private HttpExchange(HttpCarrier carrier, HttpMethod method, String uri) {
    this(carrier, method, uri, EmptyHttpHeaders.INSTANCE, true);
  }

  private HttpExchange(
      HttpCarrier carrier, HttpMethod method, String uri, HttpHeaders headers, boolean keepAlive) {
    this.carrier = carrier;
    this.method = method;
    this.uri = new QueryStringDecoder(uri);
    this.headers = headers;
    this.keepAlive = keepAlive;
    body = new byte[0];
    isHttp10 = false;
  }

  HttpCarrier carrier() {
    return carrier;
  }

  HttpMethod method() {
    return method;
  }

  /** The path, decoded. */
  String path() {
    return uri.path();
  }

  /** From now on the body's fields count as parameters of the query, after those that it has. */
  void readForm() {
    form = new QueryStringDecoder(new String(body, UTF_8), UTF_8, false);
  }

  /** The parameters of the query with the name, decoded. */
  List<String> queries(String name) {
    List<String> values = uri.parameters().getOrDefault(name, List.of());
    if (form == null) return values;
    var all = new ArrayList<>(values);
    all.addAll(form.parameters().getOrDefault(name, List.of()));
    return all;
  }

  @Nullable String query(String name) {
    List<String> values = queries(name);
    return values.isEmpty() ? null : values.get(0);
  }

  /** The first header of the name as text in UTF-8, or null. */
  @Nullable String header(CharSequence name) {
    String value = headers.get(name);
    return value == null ? null : new String(value.getBytes(ISO_8859_1), UTF_8);
  }

  byte[] body() {
    return body;
  }

  boolean keepAlive() {
    return keepAlive;
  }

  boolean isHttp10() {
    return isHttp10;
  }

  /**
   * The cursor of a client that resumes: the header, or else the query under one of the names that
   * clients in the field send; null if there is none, or it is empty.
   */
  @Nullable String lastEventId() {
    String header = header("Last-Event-ID");
    if (header != null && !header.isEmpty()) return header;
    for (String name : CURSOR_PARAMETERS) {
      String value = query(name);
      if (value != null && !value.isEmpty()) return value;
    }
    return null;
  }

  private static final List<String> CURSOR_PARAMETERS =
      List.of("lastEventId", "lastEventID", "last_event_id", "evs_last_event_id");

  // ---------------------------------------------------------------- answers: any thread

  /** A response to be given to {@link #respond}; the connection adds what every response has. */
  static FullHttpResponse response(int status, CharSequence contentType, byte[] body) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), Unpooled.wrappedBuffer(body));
    HttpHeaders headers = response.headers();
    if (status != 204) {
      if (body.length > 0) headers.set(HttpHeaderNames.CONTENT_TYPE, contentType);
      headers.setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
    }
    headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    return response;
  }

  void respond(FullHttpResponse response) {
    carrier.answer(this, response);
  }

  void json(int status, byte[] json) {
    respond(response(status, JSON, json));
  }

  void problem(int status, String title, String detail) {
    problem(new Problem(status, title, detail));
  }

  void problem(Problem problem) {
    respond(response(problem.status(), Problem.CONTENT_TYPE, problem.json()));
  }
}
