package io.runnel.servlet;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** An answer that has an end; one of status 204 has no body. */
@SuppressWarnings("ArrayRecordComponent") // nobody compares answers
record Answer(int status, String contentType, byte[] body) {
  /** An event stream that ends at once. */
  static Answer ofStream(byte[] body) {
    return new Answer(200, "text/event-stream", body);
  }

  static Answer ofJson(byte[] json) {
    return new Answer(200, "application/json", json);
  }

  /** Status and headers. */
  void writeHead(HttpServletResponse response) {
    response.setStatus(status);
    response.setHeader("Cache-Control", "no-store");
    if (status == HttpServletResponse.SC_NO_CONTENT) return;
    if (body.length > 0) response.setContentType(contentType);
    response.setContentLength(body.length);
  }

  /** Answers on the container's thread. */
  void send(HttpServletResponse response) throws IOException {
    writeHead(response);
    response.getOutputStream().write(body);
  }
}
