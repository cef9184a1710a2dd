package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.engine.HistoryBusyException;
import io.runnel.engine.HistoryFailedException;
import io.runnel.engine.HistoryFullException;
import io.runnel.engine.HubClosedException;
import io.runnel.engine.IdempotencyKeyReusedException;
import io.runnel.engine.TooManyTopicsException;
import io.runnel.engine.TopicCompletedException;

/** A clear error, as {@code application/problem+json} (RFC 9457). The hub says the same. */
record Problem(int status, String title, String detail) {
  static Problem badRequest(IllegalArgumentException e) {
    return new Problem(400, "Bad request", String.valueOf(e.getMessage()));
  }

  static Problem tooManyTopics(TooManyTopicsException e) {
    return new Problem(503, "Too many topics", String.valueOf(e.getMessage()));
  }

  /** Why a publish was not acknowledged. */
  static Problem ofPublish(Throwable cause) {
    String detail = String.valueOf(cause.getMessage());
    if (cause instanceof TooManyTopicsException e) return tooManyTopics(e);
    if (cause instanceof TopicCompletedException) return new Problem(409, "Topic complete", detail);
    if (cause instanceof IdempotencyKeyReusedException) {
      return new Problem(422, "Key reused", detail);
    }
    if (cause instanceof HistoryFullException) return new Problem(507, "No room", detail);
    if (cause instanceof HistoryBusyException) return new Problem(503, "Busy", detail);
    if (cause instanceof HistoryFailedException) return new Problem(503, "History failed", detail);
    if (cause instanceof HubClosedException) return new Problem(503, "Stopping", detail);
    if (cause instanceof IllegalArgumentException e) return badRequest(e);
    return new Problem(500, "Not known to be kept", "the event may or may not be kept: " + detail);
  }

  Answer answer() {
    String json =
        "{\"status\":"
            + status
            + ",\"title\":"
            + quoted(title)
            + ",\"detail\":"
            + quoted(detail)
            + "}\n";
    return new Answer(status, "application/problem+json", json.getBytes(UTF_8));
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
