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

  @Override
  public void init() throws ServletException {
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
      switch (requireNonNull(request.getMethod())) {
        case "GET" -> get(request, response);
        case "POST" -> post(request, response);
        case "OPTIONS" -> {
          response.setHeader("Allow", allowed());
          response.setStatus(HttpServletResponse.SC_NO_CONTENT);
        }
        default -> refuseMethod(request, response);
      }
    } catch (IllegalArgumentException e) {
      Problem.badRequest(e).answer().send(response);
    }
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
