package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

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

  /** A JSON string; also safe inside a page. */
  static String quoted(String text) {
    if (meansItself(text)) return '"' + text + '"';
    var json = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (meansItself(c)) json.append(c);
      else if (c == '"' || c == '\\') json.append('\\').append(c);
      else if (c == '\n') json.append("\\n");
      else json.append(String.format("\\u%04x", (int) c));
    }
    return json.append('"').toString();
  }

  private static boolean meansItself(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!meansItself(text.charAt(i))) return false;
    }
    return true;
  }

  private static boolean meansItself(char c) {
    if (c < ' ' || c == 0x7f || c == 0x2028 || Character.isSurrogate(c)) return false;
    return c != '"' && c != '\\' && c != '<';
  }
}
