package io.runnel.servlet;

import static java.util.Objects.requireNonNull;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What the servlets of this package have in common: the event streams of their web application, and
 * how they say no.
 */
abstract class StreamServlet extends HttpServlet {
  private transient @Nullable EventStreams streams;
  private transient CorsOrigins corsOrigins = CorsOrigins.parse(null);

  @Override
  public void init() throws ServletException {
    String listed = getInitParameter(CorsOrigins.PARAMETER);
    if (listed == null) {
      listed = getServletContext().getInitParameter(CorsOrigins.CONTEXT_PARAMETER);
    }
    try {
      corsOrigins = CorsOrigins.parse(listed);
    } catch (IllegalArgumentException e) {
      throw new ServletException(e.getMessage(), e);
    }
    streams = Shared.acquire(getServletContext());
  }

  @Override
  public void destroy() {
    if (streams != null) Shared.release(getServletContext());
    streams = null;
  }

  /**
   * The event streams of the web application.
   *
   * @throws IllegalStateException before {@link #init()}
   */
  protected final EventStreams eventStreams() {
    EventStreams streams = this.streams;
    if (streams == null) throw new IllegalStateException("init() was not called, or overridden");
    return streams;
  }

  /**
   * Whether pages of the origin may read what is answered here and, where it can be done, publish
   * and open WebSockets; only those of the request's own host, and of the origins that the init
   * parameter {@code cors-origin} lists, or else the context parameter {@code runnel.cors-origin},
   * unless this is overridden.
   *
   * @param origin the request's header {@code Origin}, such as {@code https://example.org}
   */
  protected boolean isTrustedOrigin(HttpServletRequest request, String origin) {
    return CorsOrigins.isOwn(request, origin) || corsOrigins.contains(origin);
  }

  /** Programs send no origin. */
  final boolean isOwnOrTrusted(HttpServletRequest request) {
    String origin = request.getHeader("Origin");
    return origin == null || isTrustedOrigin(request, origin);
  }

  /** The methods that it knows, for {@code Allow}. */
  abstract String allowed();

  /** Answers GET. */
  abstract void get(HttpServletRequest request, HttpServletResponse response) throws IOException;

  /** Answers POST. */
  void post(HttpServletRequest request, HttpServletResponse response) throws IOException {
    refuseMethod(request, response);
  }

  /** HEAD is refused, since a stream has no end to be measured. */
  @Override
  protected final void service(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    try {
      allowToRead(request, response);
      switch (requireNonNull(request.getMethod())) {
        case "GET" -> get(request, response);
        case "POST" -> post(request, response);
        case "OPTIONS" -> options(request, response);
        default -> refuseMethod(request, response);
      }
    } catch (IllegalArgumentException e) {
      Problem.badRequest(e).answer().send(response);
    }
  }

  /**
   * An {@code XDomainRequest} of the page's own origin wants to be allowed, too, and sends no
   * origin then: whoever asks for the padding is one.
   */
  private void allowToRead(HttpServletRequest request, HttpServletResponse response) {
    response.addHeader("Vary", "Origin");
    String origin = request.getHeader("Origin");
    if (origin == null && StreamRequest.asksForPadding(request)) {
      CorsOrigins.allow(response, request.getScheme() + "://" + request.getHeader("Host"));
    } else if (origin != null && isTrustedOrigin(request, origin)) {
      CorsOrigins.allow(response, origin);
    }
  }

  /** A preflight, if a page of another origin asks; it gets no permission if it is not trusted. */
  private void options(HttpServletRequest request, HttpServletResponse response) {
    String origin = request.getHeader("Origin");
    if (origin != null && isTrustedOrigin(request, origin)) {
      CorsOrigins.allowRequests(response, allowed().replace(", OPTIONS", ""));
    }
    response.setHeader("Allow", allowed());
    response.setStatus(HttpServletResponse.SC_NO_CONTENT);
  }

  private void refuseMethod(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String known = allowed().contains("POST") ? "neither GET nor POST" : "not GET";
    response.setHeader("Allow", allowed());
    new Problem(405, "Method not allowed", request.getMethod() + " is " + known)
        .answer()
        .send(response);
  }
}
