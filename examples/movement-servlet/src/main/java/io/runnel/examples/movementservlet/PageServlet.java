package io.runnel.examples.movementservlet;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;

/** {@code GET /}: the page that shows the box. */
final class PageServlet extends HttpServlet {
  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setContentType("text/html;charset=UTF-8");
    try (InputStream page = PageServlet.class.getResourceAsStream("index.html")) {
      if (page == null) throw new IOException("index.html is not on the class path");
      page.transferTo(response.getOutputStream());
    }
  }
}
