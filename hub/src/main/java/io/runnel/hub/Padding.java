package io.runnel.hub;

/**
 * The comment of 2 KB that a stream begins with where {@code padding=true} asks for it: {@code
 * XDomainRequest} and some gateways hand nothing on before they have that much. Other clients in
 * the field ask with {@code evs_preamble}, and how many bytes they want.
 */
final class Padding {
  private static final int LEAST = 2048;
  private static final int MOST = 8192;

  private Padding() {}

  /** What goes between the head of a stream and its first events; empty if it is not asked for. */
  static String of(HttpExchange exchange, boolean chunked) {
    int length = length(exchange);
    if (length == 0) return "";
    String comment = ":" + " ".repeat(length) + "\n\n";
    if (!chunked) return comment;
    return Integer.toHexString(comment.length()) + "\r\n" + comment + "\r\n";
  }

  /**
   * How many bytes the query asks for, within bounds; 0 for none.
   *
   * @throws IllegalArgumentException if it says anything else
   */
  static int length(HttpExchange exchange) {
    String padding = exchange.query("padding");
    if (padding != null && isTrue(padding)) return LEAST;
    String preamble = exchange.query("evs_preamble");
    return preamble == null ? 0 : preambleLength(preamble);
  }

  private static boolean isTrue(String padding) {
    if (padding.equals("true")) return true;
    if (padding.equals("false")) return false;
    throw new IllegalArgumentException("padding=" + padding + " is neither true nor false");
  }

  private static int preambleLength(String preamble) {
    if (preamble.isEmpty() || preamble.equals("true")) return LEAST;
    if (!preamble.matches("[0-9]{1,9}")) {
      throw new IllegalArgumentException(
          "evs_preamble=" + preamble + " is neither true nor a number of bytes");
    }
    int asked = Integer.parseInt(preamble);
    return asked == 0 ? 0 : Math.min(Math.max(asked, LEAST), MOST);
  }
}
