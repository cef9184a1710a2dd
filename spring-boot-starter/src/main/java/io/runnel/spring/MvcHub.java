package io.runnel.spring;

import io.runnel.engine.Hub;
import io.runnel.servlet.EventStreams;
import jakarta.servlet.http.HttpServletRequest;
import java.util.function.Consumer;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/**
 * The hub of a Spring MVC application: publishes, and answers with streams.
 *
 * <p>Safe for any thread.
 */
public final class MvcHub extends RunnelHub {
  private final EventStreams streams;

  /** A facade over the hub, and over the streams that answer with its topics. */
  public MvcHub(Hub hub, EventDataMapper mapper, EventStreams streams) {
    super(hub, mapper);
    this.streams = streams;
  }

  /**
   * An emitter for the client that sent the request, to be bound to topics and returned by the
   * controller. Its {@code Last-Event-ID} and the parameters {@code from}, {@code open}, {@code
   * heartbeat} and {@code padding} count.
   *
   * @throws ResponseStatusException 400 if a parameter has a value that it cannot have
   */
  public RunnelEmitter emitter(HttpServletRequest request) {
    try {
      return RunnelEmitter.boundTo(request);
    } catch (IllegalArgumentException e) {
      throw new ResponseStatusException(HttpStatus.BAD_REQUEST, e.getMessage(), e);
    }
  }

  /**
   * An emitter for an answer that its client can resume, to be returned by the controller: what is
   * sent while the client is away waits for it, for {@code runnel.resumable-for}. It is for the
   * user of the request, or its login session, and for nobody else.
   *
   * <pre>{@code
   * @GetMapping(path = "/answer", produces = TEXT_EVENT_STREAM_VALUE)
   * RunnelEmitter answer(@RequestParam String question) {
   *   return hub.resumable(
   *       emitter -> model.stream(question).subscribe(emitter::send, ..., emitter::complete));
   * }
   * }</pre>
   *
   * @param begins given the emitter when an answer begins, on the container's thread, so it must
   *     not take long; not called when a client comes back for the rest of one. The emitter's
   *     callbacks are the answer's: {@code onError} says that nobody has come back for it.
   */
  public RunnelEmitter resumable(Consumer<? super RunnelEmitter> begins) {
    return RunnelEmitter.resumable(begins);
  }

  @Override
  public void endStreamsOfUser(String userName) {
    streams.endUser(userName);
  }

  @Override
  public void endStreamsOfSession(String sessionId) {
    streams.endSession(sessionId);
  }
}
