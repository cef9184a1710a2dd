package io.runnel.spring;

import io.runnel.engine.Hub;
import io.runnel.servlet.StreamRequest;
import java.util.List;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import org.springframework.http.HttpStatus;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.util.MultiValueMap;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;

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

  /**
   * An answer that its client can resume, to be returned by the controller: what comes while the
   * client is away waits for it, for {@code runnel.resumable-for}. It is for the user of the
   * request, or its login session, and for nobody else.
   *
   * <pre>{@code
   * @GetMapping(path = "/answer", produces = TEXT_EVENT_STREAM_VALUE)
   * Flux<ServerSentEvent<String>> answer(@RequestParam String question, ServerWebExchange exchange) {
   *   return hub.resumable(exchange, () -> model.stream(question));
   * }
   * }</pre>
   *
   * @param answer makes what is sent, when an answer begins and not when a client comes back for
   *     the rest of one. It is subscribed to once and read to its end as fast as it comes, whether
   *     or not anybody is connected; cancelled if nobody comes back for it.
   */
  public Flux<ServerSentEvent<String>> resumable(
      ServerWebExchange exchange, Supplier<? extends Publisher<?>> answer) {
    return stream(exchange).resumable(answer);
  }

  @Override
  public void endStreamsOfUser(String userName) {
    streams.logOut(login -> userName.equals(login.user()));
  }

  @Override
  public void endStreamsOfSession(String sessionId) {
    streams.logOut(login -> login.isSession(sessionId));
  }

  FluxStreams streams() {
    return streams;
  }
}
