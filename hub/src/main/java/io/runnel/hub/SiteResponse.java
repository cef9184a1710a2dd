package io.runnel.hub;

import io.runnel.engine.Start;
import java.util.List;
import java.util.Map;

/** The one answer to a request to a {@link Site}: one of these methods, once, from any thread. */
public interface SiteResponse {
  /** Answers with a body. */
  void send(int status, String contentType, byte[] body, Map<String, String> headers);

  /** Answers with a problem (RFC 9457). */
  void problem(int status, String title, String detail);

  /** Sends the browser elsewhere, with 303. */
  void redirect(String location);

  /**
   * Answers with a file of the class path, found beside the class, or with 404; revalidated by its
   * {@code ETag}.
   */
  void resource(Class<?> owner, String name);

  /**
   * Answers with an event stream of its own.
   *
   * @param topics topics and patterns
   * @param onClose called once, when the stream is over, on whichever side
   */
  void stream(List<String> topics, Start start, Runnable onClose);
}
