package io.runnel.servlet;

import java.io.IOException;

/**
 * What speaks to one client over one event stream. {@link EventSourceServlet} makes one for each
 * connection.
 */
public interface EventSource {
  /**
   * The emitter, under the name that it has in code written for Jetty: {@code EventSource.Emitter}.
   */
  interface Emitter extends io.runnel.servlet.Emitter {}

  /**
   * The stream is open. It stays so after this returns, until the emitter is closed or the client
   * leaves; so this may keep the emitter and return, or loop and send. It has a thread of its own,
   * not one of the container's, which is interrupted when the stream ends.
   *
   * @throws IOException to end the stream; as does any other exception
   */
  void onOpen(Emitter emitter) throws IOException;

  /**
   * The stream is open, and the client had one before: called in place of {@link #onOpen}, in the
   * same way.
   *
   * @param lastEventId the id of the last event that the client has, never empty; any text at all,
   *     since it comes from the client
   */
  default void onResume(Emitter emitter, String lastEventId) throws IOException {
    onOpen(emitter);
  }

  /**
   * The stream has ended, whoever ended it: called once, after {@link #onOpen} or {@link #onResume}
   * was called, perhaps while that still runs.
   */
  default void onClose() {}

  /**
   * As {@link #onClose()}, which this calls, for those who want to know why: whether the client has
   * left, say, or was too slow.
   */
  default void onClose(StreamEnd why) {
    onClose();
  }
}
