package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Bearer tokens, compared in a time that does not depend on how much of one is right. */
final class Tokens {
  private final List<byte[]> tokens;

  Tokens(List<String> tokens) {
    this.tokens = tokens.stream().map(token -> token.getBytes(UTF_8)).toList();
  }

  boolean isEmpty() {
    return tokens.isEmpty();
  }

  boolean contains(@Nullable String text) {
    if (text == null) return false;
    byte[] token = text.getBytes(UTF_8);
    boolean known = false;
    for (byte[] allowed : tokens) known |= MessageDigest.isEqual(token, allowed);
    return known;
  }

  /** The token in the header {@code Authorization: Bearer}, or null. */
  static @Nullable String bearer(HttpExchange exchange) {
    return bearer(exchange.header("Authorization"));
  }

  static @Nullable String bearer(@Nullable String authorization) {
    if (authorization == null || !authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return null;
    }
    return authorization.substring(7).strip();
  }
}
