package io.runnel.servlet;

import static java.util.Objects.requireNonNull;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A servlet that gives each client an {@link EventSource} of its own. It must be registered with
 * {@code asyncSupported = true}, as must every filter before it.
 */
public abstract class EventSourceServlet extends HttpServlet {
  private transient @Nullable EventStreams streams;

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
  public void init() throws ServletException {
    streams = Shared.acquire(getServletContext());
  }

  @Override
  public void destroy() {
    streams = null;
    Shared.release(getServletContext());
  }

  /** The event streams of the web application. */
  protected final EventStreams eventStreams() {
    return requireNonNull(streams, "init() of this servlet was not called");
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    EventStreams streams = eventStreams();
    Query query;
    StreamRequest asked;
    try {
      query = new Query(request);
      asked = StreamRequest.of(query);
    } catch (IllegalArgumentException e) {
      new Problem(400, "Bad request", String.valueOf(e.getMessage())).send(response);
      return;
    }
    if (!streams.sources().reserve()) {
      streams.refuse(response);
      return;
    }
    boolean started = false;
    try {
      EventSource source = newEventSource(request);
      if (source == null) {
        new Problem(503, "Not available", "there is no event stream for this request")
            .send(response);
        return;
      }
      started = open(streams, source, query.lastEventId(), asked, request, response);
    } finally {
      if (!started) streams.sources().release();
    }
  }

  private static boolean open(
      EventStreams streams,
      EventSource source,
      @Nullable String lastEventId,
      StreamRequest asked,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    var task = new SourceTask(source, lastEventId, streams);
    Emitter emitter = streams.open(request, response, asked, () -> {}, task);
    if (emitter == ClosedEmitter.INSTANCE) return false;
    task.start(emitter);
    return true;
  }
}
