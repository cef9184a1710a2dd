package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** A clear error, as {@code application/problem+json} (RFC 9457). */
record Problem(int status, String title, String detail) {
  static final String CONTENT_TYPE = "application/problem+json";

  byte[] json() {
    return ("{\"status\":"
            + status
            + ",\"title\":"
            + quoted(title)
            + ",\"detail\":"
            + quoted(detail)
            + "}\n")
        .getBytes(UTF_8);
  }

  /** Answers with this, of a container's thread. */
  void send(HttpServletResponse response) throws IOException {
    writeHead(response);
    response.getOutputStream().write(json());
  }

  void writeHead(HttpServletResponse response) {
    response.setStatus(status);
    response.setContentType(CONTENT_TYPE);
    response.setContentLength(json().length);
    response.setHeader("Cache-Control", "no-store");
  }

  /** A JSON string; also safe inside a page. */
  static String quoted(String text) {
    var json = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') json.append('\\').append(c);
      else if (c == '\n') json.append("\\n");
      else if (c < ' ' || c == 0x7f || c == '<' || Character.isSurrogate(c) || c == 0x2028) {
        json.append(String.format("\\u%04x", (int) c));
      } else json.append(c);
    }
    return json.append('"').toString();
  }
}
