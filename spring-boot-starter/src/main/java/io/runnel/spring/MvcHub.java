package io.runnel.spring;

import io.runnel.engine.Hub;
import io.runnel.servlet.StreamRequest;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/**
 * The hub of a Spring MVC application: publishes, and answers with streams.
 *
 * <p>Safe for any thread.
 */
public final class MvcHub extends RunnelHub {
  /** A facade over the hub. */
  public MvcHub(Hub hub, EventDataMapper mapper) {
    super(hub, mapper);
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
      return new RunnelEmitter(null, request, StreamRequest.of(request));
    } catch (IllegalArgumentException e) {
      throw new ResponseStatusException(HttpStatus.BAD_REQUEST, e.getMessage(), e);
    }
  }
}
