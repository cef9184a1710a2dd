package io.runnel.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A servlet that gives each client an {@link EventSource} of its own. It must be registered with
 * {@code asyncSupported = true}, as must every filter before it.
 */
public abstract class EventSourceServlet extends StreamServlet {
  /** For subclasses. */
  protected EventSourceServlet() {}

  /**
   * What is to speak to the client that sent the request: a new one each time. Called on the
   * container's thread.
   *
   * @return null to refuse the client with 503, at which an {@code EventSource} gives up for good
   */
  protected abstract @Nullable EventSource newEventSource(HttpServletRequest request);

  @Override
  final String allowed() {
    return "GET, OPTIONS";
  }

  @Override
  final void get(HttpServletRequest request, HttpServletResponse response) throws IOException {
    EventStreams streams = eventStreams();
    var query = new Query(request);
    StreamRequest asked = StreamRequest.of(query);
    if (!streams.sources().reserve()) {
      streams.admission.refuse(response);
      return;
    }
    boolean started = false;
    try {
      EventSource source = newEventSource(request);
      if (source == null) {
        new Problem(503, "Not available", "there is no event stream for this request")
            .answer()
            .send(response);
      } else {
        var task = new SourceTask(source, query.lastEventId(), streams);
        started = streams.openFor(task, request, response, asked);
      }
    } finally {
      if (!started) streams.sources().release();
    }
  }
}
