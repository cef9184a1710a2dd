package io.runnel.examples.movementservlet;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;

/**
 * {@code GET /}: the page that shows the box, and the script beside it that gives old browsers an
 * {@code EventSource}. A container that unpacks our jar serves the script by itself; this one is
 * embedded, and has no folder of resources.
 */
final class PageServlet extends HttpServlet {
  private static final String SCRIPT = "/runnel-eventsource.js";

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    switch (request.getServletPath()) {
      case "/" -> send("index.html", "text/html;charset=UTF-8", response);
      case SCRIPT ->
          send("/META-INF/resources" + SCRIPT, "text/javascript;charset=UTF-8", response);
      default -> response.sendError(HttpServletResponse.SC_NOT_FOUND);
    }
  }

  private static void send(String resource, String type, HttpServletResponse response)
      throws IOException {
    response.setContentType(type);
    try (InputStream in = PageServlet.class.getResourceAsStream(resource)) {
      if (in == null) throw new IOException(resource + " is not on the class path");
      in.transferTo(response.getOutputStream());
    }
  }
}
