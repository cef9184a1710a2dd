package io.runnel.spring;

import io.runnel.engine.Hub;
import io.runnel.servlet.StreamRequest;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.util.MultiValueMap;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;

/**
 * The hub of a Spring WebFlux application: publishes, and answers with streams.
 *
 * <p>Safe for any thread.
 *
 * <pre>{@code
 * @GetMapping(path = "/events", produces = TEXT_EVENT_STREAM_VALUE)
 * Flux<ServerSentEvent<String>> events(ServerWebExchange exchange, Principal user) {
 *   return hub.stream(exchange).topics("orders", "user/" + user.getName()).events();
 * }
 * }</pre>
 */
public final class WebFluxHub extends RunnelHub {
  private final FluxStreams streams;

  WebFluxHub(Hub hub, EventDataMapper mapper, FluxStreams streams) {
    super(hub, mapper);
    this.streams = streams;
  }

  /**
   * A stream for the client of the exchange, to be bound to topics. Its {@code Last-Event-ID} and
   * the parameters {@code from}, {@code open} and {@code heartbeat} count.
   *
   * @throws ResponseStatusException 400 if a parameter has a value that it cannot have
   */
  public FluxSubscription stream(ServerWebExchange exchange) {
    MultiValueMap<String, String> query = exchange.getRequest().getQueryParams();
    String cursor = exchange.getRequest().getHeaders().getFirst("Last-Event-ID");
    try {
      StreamRequest asked = StreamRequest.of(cursor, name -> query.getOrDefault(name, List.of()));
      return new FluxSubscription(this, exchange, asked);
    } catch (IllegalArgumentException e) {
      throw new ResponseStatusException(HttpStatus.BAD_REQUEST, e.getMessage(), e);
    }
  }

  FluxStreams streams() {
    return streams;
  }
}
