package io.runnel.examples.movementservlet;

import io.runnel.servlet.EventSource;
import io.runnel.servlet.EventSourceServlet;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServletRequest;

/** {@code GET /position}: a box for whoever asks. */
@WebServlet(urlPatterns = "/position", asyncSupported = true)
public final class PositionServlet extends EventSourceServlet {
  /** For the container. */
  public PositionServlet() {}

  @Override
  protected EventSource newEventSource(HttpServletRequest request) {
    return new MovingBox();
  }
}
