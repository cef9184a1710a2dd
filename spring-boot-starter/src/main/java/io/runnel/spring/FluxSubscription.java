package io.runnel.spring;

import io.runnel.engine.Start;
import io.runnel.engine.SubscriptionRequest;
import io.runnel.engine.TooManyTopicsException;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicPattern;
import io.runnel.servlet.PrivateStreams;
import io.runnel.servlet.StreamRequest;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Flux;

/**
 * What the client of an exchange is to get, of which {@link #events()} makes a {@code Flux}. Made
 * by {@link WebFluxHub#stream}; for one exchange and one thread.
 */
public final class FluxSubscription {
  /** How many events are taken from the hub ahead of what was asked for. */
  private static final int PREFETCH = 64;

  private final WebFluxHub hub;
  private final ServerWebExchange exchange;
  private final Set<TopicPattern> topics = new LinkedHashSet<>();
  private StreamRequest asked;
  private boolean personal;
  private @Nullable Supplier<? extends Publisher<?>> answer;

  FluxSubscription(WebFluxHub hub, ServerWebExchange exchange, StreamRequest asked) {
    this.hub = hub;
    this.exchange = exchange;
    this.asked = asked;
  }

  /**
   * The events of these topics, besides those named before. A name that is made of what somebody
   * typed cannot become a pattern, and so never means other topics.
   *
   * @throws IllegalArgumentException if one is no topic's name; the message says why
   */
  public FluxSubscription topics(String... names) {
    for (String name : names) topics.add(TopicPattern.of(new Topic(name)));
    return this;
  }

  /**
   * The events of every topic that is meant, such as by {@code orders/**}.
   *
   * @throws IllegalArgumentException if one is no pattern; the message says why
   */
  public FluxSubscription matching(String... patterns) {
    for (String pattern : patterns) topics.add(new TopicPattern(pattern));
    return this;
  }

  /** What is sent to everybody, to the exchange's user (if any) and to its session (if started). */
  public FluxSubscription personal() {
    personal = true;
    return topics(PersonalTopics.EVERYBODY);
  }

  /**
   * Where a client begins that comes without a cursor and does not say {@code ?from=}: {@link
   * Start#NOW} by default.
   */
  public FluxSubscription from(Start start) {
    if (asked.start().equals(Start.NOW)) asked = asked.withStart(start);
    return this;
  }

  /**
   * The events, to be returned by the controller: in order, from the client's {@code Last-Event-ID}
   * on, with the hub's own ({@code runnel.open}, {@code runnel.gap}, heartbeats). No more is taken
   * from the hub than is asked for, but for {@value #PREFETCH} and the rest of one batch; who asks
   * for nothing within {@code runnel.write-timeout} is disconnected, and comes back.
   */
  public Flux<ServerSentEvent<String>> events() {
    return Flux.defer(this::open).publishOn(ApplicationThreads.INSTANCE, PREFETCH);
  }

  /**
   * The events with data of a type, for code that looks at it on the way. The hub's own events have
   * no data here, but their data as comment, and are written to the client as they should be.
   *
   * @param type what the {@link EventDataMapper} makes of the data; if it cannot, the stream fails
   */
  public <T> Flux<ServerSentEvent<T>> events(Class<T> type) {
    return events().map(event -> typed(event, type));
  }

  private <T> ServerSentEvent<T> typed(ServerSentEvent<String> event, Class<T> type) {
    var typed = ServerSentEvent.<T>builder();
    if (event.id() != null) typed.id(event.id());
    if (event.event() != null) typed.event(event.event());
    if (event.retry() != null) typed.retry(event.retry());
    if (event.comment() != null) typed.comment(event.comment());
    String data = event.data();
    if (data == null) return typed.build();
    if (ExactEventWriter.isControl(event)) return typed.comment(data).build();
    return typed.data(hub.mapper().read(data, type)).build();
  }

  private Flux<ServerSentEvent<String>> open() {
    HttpHeaders headers = exchange.getResponse().getHeaders();
    headers.setCacheControl("no-store, no-transform");
    headers.set("X-Accel-Buffering", "no");
    return FluxLogin.of(exchange)
        .flatMapMany(
            login -> answer == null ? subscribe(login, request(login)) : resume(login, answer))
        .onErrorMap(IllegalArgumentException.class, e -> problem(HttpStatus.BAD_REQUEST, e))
        .onErrorMap(TooManyTopicsException.class, e -> problem(HttpStatus.SERVICE_UNAVAILABLE, e));
  }

  private static ResponseStatusException problem(HttpStatus status, Exception why) {
    return new ResponseStatusException(status, why.getMessage(), why);
  }

  private SubscriptionRequest request(FluxLogin login) {
    if (personal) {
      WebSession session = login.session();
      if (login.user() != null) topics(PersonalTopics.user(login.user()));
      if (session != null) topics(PersonalTopics.session(session.getId()));
    }
    return new SubscriptionRequest(
        List.copyOf(topics), asked.start(), asked.opening(), asked.heartbeat());
  }

  /** See {@link WebFluxHub#resumable}. */
  Flux<ServerSentEvent<String>> resumable(Supplier<? extends Publisher<?>> answer) {
    this.answer = answer;
    return events();
  }

  private Flux<ServerSentEvent<String>> subscribe(FluxLogin login, SubscriptionRequest request) {
    return admitted(subscriber -> start(subscriber, login, request, () -> {}));
  }

  private Flux<ServerSentEvent<String>> resume(
      FluxLogin login, Supplier<? extends Publisher<?>> answer) {
    PrivateStreams privateStreams = hub.streams().privateStreams();
    return admitted(
        subscriber -> {
          PrivateStreams.Found found = privateStreams.find(asked, login.owner());
          StreamRequest own = found.request(asked);
          var request =
              new SubscriptionRequest(own.topics(), own.start(), own.opening(), own.heartbeat());
          start(subscriber, login, request, privateStreams.attach(found.stream()));
          if (found.begins()) FluxAnswer.begin(hub, answer, found.stream());
        });
  }

  /** Who is one too many is told when to come back. */
  private Flux<ServerSentEvent<String>> admitted(Publisher<ServerSentEvent<String>> stream) {
    FluxStreams streams = hub.streams();
    return Flux.defer(
        () ->
            streams.mayOpen()
                ? Flux.from(stream)
                : Flux.just(ServerSentEvent.<String>builder().retry(streams.comeBackIn()).build()));
  }

  private void start(
      Subscriber<? super ServerSentEvent<String>> subscriber,
      FluxLogin login,
      SubscriptionRequest request,
      Runnable onEnd) {
    FluxStreams streams = hub.streams();
    var answer = new Answer(streams, exchange, onEnd);
    var stream = new FluxStream(streams.lane(), request, subscriber, answer);
    streams.opened(stream, login);
    answer.watch(stream);
    stream.start();
  }

  /** The answer to the exchange, as the stream changes it. */
  private static final class Answer implements FluxStream.Owner {
    private final FluxStreams streams;
    private final ServerWebExchange exchange;
    private final Runnable onEnd;
    private Runnable stopWatching = () -> {};

    Answer(FluxStreams streams, ServerWebExchange exchange, Runnable onEnd) {
      this.streams = streams;
      this.exchange = exchange;
      this.onEnd = onEnd;
    }

    /** Before the stream starts. */
    void watch(FluxStream stream) {
      stopWatching = ClientConnection.onClose(exchange.getRequest(), stream::cancel);
    }

    @Override
    public void finished() {
      exchange.getResponse().setStatusCode(HttpStatus.NO_CONTENT);
    }

    @Override
    public void stalled() {
      ClientConnection.cut(exchange.getRequest());
    }

    @Override
    public long queuedBytes() {
      return ClientConnection.queuedBytes(exchange.getRequest());
    }

    @Override
    public void ended(FluxStream stream) {
      stopWatching.run();
      streams.ended(stream, exchange.getRequest());
      onEnd.run();
    }
  }
}
