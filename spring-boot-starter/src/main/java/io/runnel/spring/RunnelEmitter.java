package io.runnel.spring;

import static java.util.Objects.requireNonNull;

import io.runnel.engine.Start;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicPattern;
import io.runnel.servlet.Emitter;
import io.runnel.servlet.PrivateStream;
import io.runnel.servlet.StreamEnd;
import io.runnel.servlet.StreamRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.Principal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.MediaType;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.http.server.ServletServerHttpResponse;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * An {@code SseEmitter} that a slow client cannot hold up: what a controller method returns to
 * answer with an event stream.
 *
 * <p>Any thread may send. No method waits for the client: what it has not taken is kept, up to
 * {@code runnel.max-pending-bytes}; a client that falls further behind is disconnected. Heartbeats
 * go by themselves. There is no timeout unless one is given: a stream lives until its client
 * leaves, {@link #complete} is called, or the application stops.
 *
 * <p>Bound to {@linkplain #topics topics}, the client gets their events too, from its {@code
 * Last-Event-ID} on, with the promise of the hub.
 *
 * <pre>{@code
 * @GetMapping(path = "/events", produces = TEXT_EVENT_STREAM_VALUE)
 * RunnelEmitter events(HttpServletRequest request, Principal user) {
 *   return hub.emitter(request).topics("orders", "user/" + user.getName());
 * }
 * }</pre>
 *
 * <p>Callbacks run one after the other on a thread of their own; one that throws harms nobody else.
 */
public final class RunnelEmitter extends SseEmitter {
  /** The most events that are sent before the controller has returned the emitter. */
  static final int MAX_EARLY = 1000;

  private static final Logger log = LoggerFactory.getLogger(RunnelEmitter.class);

  private final @Nullable HttpServletRequest boundTo;
  private final @Nullable Consumer<? super RunnelEmitter> begins;
  private final Set<TopicPattern> topics = new LinkedHashSet<>();
  private final EmitterCallbacks callbacks = new EmitterCallbacks();
  private StreamRequest asked;

  // Guarded by early.
  private final Deque<Set<DataWithMediaType>> early = new ArrayDeque<>();
  private @Nullable Emitter stream;
  private BuiltEvent.@Nullable DataWriter writer;
  private boolean begun;
  private boolean completed;
  private @Nullable StreamEnd end;
  private @Nullable Throwable failure;

  /** The id of a block without data, for the next event. */
  private @Nullable String idLeft;

  /** An emitter for one client, without a timeout. */
  public RunnelEmitter() {
    this(null, null, StreamRequest.PRIVATE, null);
  }

  /**
   * An emitter for one client.
   *
   * @param timeout milliseconds after which the stream ends and its client comes back; 0 or less
   *     for never
   */
  public RunnelEmitter(Long timeout) {
    this(timeout, null, StreamRequest.PRIVATE, null);
  }

  private RunnelEmitter(
      @Nullable Long timeout,
      @Nullable HttpServletRequest boundTo,
      StreamRequest asked,
      @Nullable Consumer<? super RunnelEmitter> begins) {
    super(timeout == null ? 0L : timeout);
    this.boundTo = boundTo;
    this.asked = asked;
    this.begins = begins;
  }

  /** One that can be bound to topics. */
  static RunnelEmitter boundTo(HttpServletRequest request) {
    return new RunnelEmitter(null, request, StreamRequest.of(request), null);
  }

  /** One whose client can resume it; itself is given to {@code begins} if it is new. */
  static RunnelEmitter resumable(Consumer<? super RunnelEmitter> begins) {
    return new RunnelEmitter(null, null, StreamRequest.PRIVATE, begins);
  }

  // ---------------------------------------------------------------- topics

  /**
   * Lets the client have the events of these topics, too, besides those named before. A name that
   * is made of what somebody typed cannot become a pattern, and so never means other topics.
   *
   * @throws IllegalArgumentException if one is no topic's name; the message says why
   * @throws IllegalStateException if this emitter was not made by {@link MvcHub#emitter} or has
   *     been returned already
   */
  public RunnelEmitter topics(String... names) {
    requireBound();
    for (String name : names) topics.add(TopicPattern.of(new Topic(name)));
    return this;
  }

  /**
   * Lets the client have the events of every topic that is meant, such as by {@code orders/**}.
   *
   * @throws IllegalArgumentException if one is no pattern; the message says why
   * @throws IllegalStateException as {@link #topics} does
   */
  public RunnelEmitter matching(String... patterns) {
    requireBound();
    for (String pattern : patterns) topics.add(new TopicPattern(pattern));
    return this;
  }

  /**
   * Lets the client have what is sent to everybody, to its user (if logged in) and to its login
   * session (if it has one).
   *
   * @throws IllegalStateException as {@link #topics} does
   */
  public RunnelEmitter personal() {
    HttpServletRequest request = requireBound();
    topics(PersonalTopics.EVERYBODY);
    Principal user = request.getUserPrincipal();
    if (user != null) topics(PersonalTopics.user(user.getName()));
    var session = request.getSession(false);
    if (session != null) topics(PersonalTopics.session(session.getId()));
    return this;
  }

  /**
   * Where a client begins that comes without a cursor and does not say {@code ?from=}: {@link
   * Start#NOW} by default.
   *
   * @throws IllegalStateException as {@link #topics} does
   */
  public RunnelEmitter from(Start start) {
    requireBound();
    if (asked.start().equals(Start.NOW)) asked = asked.withStart(start);
    return this;
  }

  private HttpServletRequest requireBound() {
    synchronized (early) {
      if (begun) throw new IllegalStateException("the stream has begun: bind it before");
    }
    if (boundTo != null) return boundTo;
    throw new IllegalStateException(
        begins != null
            ? "a resumable stream has a topic of its own, and no others"
            : "an emitter made by new RunnelEmitter() knows no request and so no Last-Event-ID:"
                + " make it by hub.emitter(request)");
  }

  // ---------------------------------------------------------------- sending: any thread

  @Override
  public void send(Object object) throws IOException {
    send(object, null);
  }

  @Override
  public void send(Object object, @Nullable MediaType mediaType) throws IOException {
    send(event().data(object, mediaType));
  }

  @Override
  public void send(SseEventBuilder builder) throws IOException {
    send(builder.build());
  }

  /**
   * Sends what a builder built.
   *
   * @throws EventStreamEndedException if the stream is over: its client has left, or it was
   *     completed. Code that keeps emitters in a list and throws out those that throw works.
   * @throws IllegalArgumentException if an id or type has NUL; or if an id is given although the
   *     stream is bound to topics, which have ids of their own
   */
  @Override
  public void send(Set<DataWithMediaType> items) throws IOException {
    if (items.isEmpty()) return;
    synchronized (early) {
      if (end != null) throw new EventStreamEndedException(end);
      if (completed) throw new EventStreamEndedException(StreamEnd.CLOSED);
      if (stream == null) {
        // An emitter that nobody returns must not grow; its client, if one comes, comes again.
        if (early.size() == MAX_EARLY) complete();
        else early.add(items);
        return;
      }
    }
    sendNow(items);
  }

  private void sendNow(Set<DataWithMediaType> items) throws IOException {
    Emitter stream = requireNonNull(this.stream);
    BuiltEvent event = BuiltEvent.of(items, requireNonNull(writer));
    if (event.id() != null && !topics.isEmpty()) {
      throw new IllegalArgumentException(
          "event id \"" + event.id() + "\" would hide the cursor of this stream's topics");
    }
    String id;
    synchronized (early) {
      id = idLeft;
      idLeft = event.hasData() ? null : event.id() == null ? id : event.id();
    }
    event.sendTo(stream, id);
  }

  /** Ends the stream after all that was sent. Its client will come back, unless told not to. */
  @Override
  public void complete() {
    Emitter stream;
    synchronized (early) {
      completed = true;
      stream = this.stream;
    }
    if (stream != null) stream.close();
  }

  /**
   * Ends the stream. Before the controller has returned, the request fails with this; afterwards
   * the client sees an end like any other.
   */
  @Override
  public void completeWithError(Throwable failure) {
    synchronized (early) {
      this.failure = failure;
    }
    log.debug("an event stream was completed with an error", failure);
    complete();
  }

  /** Whether it has not been completed, and its client is not known to have left. */
  public boolean isOpen() {
    synchronized (early) {
      return end == null && !completed;
    }
  }

  // ---------------------------------------------------------------- callbacks

  @Override
  public void onTimeout(Runnable callback) {
    callbacks.onTimeout(callback);
  }

  /**
   * Called when the stream ends before the client has got all that was meant for it, with an {@link
   * EventStreamEndedException}, which tells a client that has left from one that was too slow. Not
   * called when it was completed, its user has logged out, or the application stops.
   */
  @Override
  public void onError(Consumer<Throwable> callback) {
    callbacks.onError(callback);
  }

  /** Called when the stream is over, for whatever reason; at once if it is already. */
  @Override
  public void onCompletion(Runnable callback) {
    callbacks.onCompletion(callback);
  }

  // ---------------------------------------------------------------- the answer

  /** Begins the answer. Container thread, once. */
  void begin(
      HttpServletRequest request,
      HttpServletResponse response,
      MvcStreams streams,
      BuiltEvent.DataWriter writer)
      throws Throwable {
    synchronized (early) {
      if (begun) throw new IllegalStateException("a RunnelEmitter answers one request only");
      begun = true;
      if (failure != null) throw failure;
    }
    extendResponse(new ServletServerHttpResponse(response));
    this.writer = writer;
    if (begins != null) {
      streams.streams().openResumable(request, response, own -> beginResumable(own, streams));
      return;
    }
    // What cannot be written must fail while the response is still Spring's to answer with.
    List<BuiltEvent> first = builtEarly(writer);
    StreamRequest stream = asked.withTopics(List.copyOf(topics));
    Emitter emitter =
        streams.streams().open(request, response, stream, end -> streams.execute(() -> ended(end)));
    streams.startTimeout(requireNonNull(getTimeout()), this::timedOut);
    try {
      for (BuiltEvent event : first) event.sendTo(emitter, null);
      sendEarly(emitter);
    } catch (IOException | RuntimeException e) {
      log.warn("an event stream ends early, as an event cannot be written", e);
      emitter.close();
    }
  }

  /** From now on it is the emitter of the private stream, and no longer of one connection. */
  private void beginResumable(PrivateStream own, MvcStreams streams) {
    own.onEnd(end -> streams.execute(() -> ended(end)));
    try {
      sendEarly(own);
      requireNonNull(begins).accept(this);
    } catch (IOException | RuntimeException e) {
      log.warn("a resumable event stream ends at its beginning", e);
      own.close();
    }
  }

  @Override
  protected void extendResponse(ServerHttpResponse outputMessage) {
    super.extendResponse(outputMessage);
  }

  private List<BuiltEvent> builtEarly(BuiltEvent.DataWriter writer) throws IOException {
    var built = new ArrayList<BuiltEvent>();
    for (Set<DataWithMediaType> next; (next = pollEarly()) != null; ) {
      built.add(BuiltEvent.of(next, writer));
    }
    return built;
  }

  private @Nullable Set<DataWithMediaType> pollEarly() {
    synchronized (early) {
      return early.poll();
    }
  }

  /** No converter is called with the lock held, and nothing overtakes what was sent before. */
  private void sendEarly(Emitter emitter) throws IOException {
    BuiltEvent.DataWriter writer = requireNonNull(this.writer);
    while (true) {
      for (BuiltEvent event : builtEarly(writer)) event.sendTo(emitter, null);
      synchronized (early) {
        if (!early.isEmpty()) continue;
        stream = emitter;
        if (completed) emitter.close();
        return;
      }
    }
  }

  private void timedOut() {
    if (!isOpen()) return;
    callbacks.timedOut();
    complete();
  }

  /** The stream is over. On a thread for callbacks, once. */
  private void ended(StreamEnd why) {
    synchronized (early) {
      end = completed ? StreamEnd.CLOSED : why;
      early.clear();
    }
    callbacks.ended(requireNonNull(end).isFailure() ? new EventStreamEndedException(why) : null);
  }

  @Override
  public String toString() {
    return "RunnelEmitter@" + Integer.toHexString(System.identityHashCode(this)) + topics;
  }
}
