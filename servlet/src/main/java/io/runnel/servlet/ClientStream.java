package io.runnel.servlet;

import static java.lang.System.Logger.Level.ERROR;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.runnel.engine.EventBatch;
import io.runnel.engine.EventSink;
import io.runnel.engine.Opening;
import io.runnel.engine.Subscription;
import io.runnel.engine.TooManyTopicsException;
import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamEncoder;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One open event stream: the events of its topics, if it has any, and those that are sent to this
 * client alone, which go between two batches of the topics.
 *
 * <p>As an {@link Emitter} any thread may call it; the rest belongs to the lane.
 */
final class ClientStream
    implements EventSource.Emitter, EventSink, NonBlockingResponse.Owner, StreamLane.Member {
  /** The most bytes of one event. */
  private static final int MAX_EVENT_BYTES = 1 << 20;

  /** Writes that one stream may do before others have their turn. */
  private static final int MAX_STEPS = 16;

  private static final Logger log = System.getLogger(ClientStream.class.getName());

  private static final byte[] HEARTBEAT = ":\n\n".getBytes(US_ASCII);

  private final EventStreams streams;
  private final StreamLane lane;
  private final StreamRequest request;
  private final NonBlockingResponse response;
  private final Login login;
  private final Consumer<? super StreamEnd> onEnd;
  private final @Nullable SourceTask source;
  private final ThreadLocal<@Nullable String> nextId = new ThreadLocal<>();

  private final PendingBlocks pending;

  // Written by the lane.
  private volatile boolean open = true;

  // The lane's.
  private @Nullable Subscription subscription;
  private boolean headSent;
  private boolean waiting;
  private int lastWrite;
  private @Nullable StreamEnd why;

  ClientStream(
      EventStreams streams,
      StreamLane lane,
      HttpServletRequest httpRequest,
      HttpServletResponse httpResponse,
      StreamRequest request,
      Consumer<? super StreamEnd> onEnd)
      throws IOException {
    this.streams = streams;
    this.lane = lane;
    this.request = request;
    this.onEnd = onEnd;
    login = streams.login(httpRequest);
    pending = new PendingBlocks(streams.settings().maxPendingBytes());
    source = onEnd instanceof SourceTask task ? task : null;
    response = new NonBlockingResponse(httpRequest, httpResponse, lane, this);
  }

  /** Container thread; the stream belongs to its lane from now on. */
  void start() {
    lane.execute(
        () -> {
          lane.add(response);
          lane.add(this);
        });
    response.listen();
  }

  // ---------------------------------------------------------------- the emitter: any thread

  @Override
  public void data(String data) {
    event(Event.MESSAGE, data);
  }

  @Override
  public void event(String name, String data) {
    var event = new Event(name, data, nextId.get());
    nextId.remove();
    send(event);
  }

  @Override
  public void id(String id) {
    Event event = Event.of("").withId(id);
    checkId(event);
    nextId.set(event.id());
  }

  /** A client could not come back with it: no container takes such a header. */
  private static void checkId(Event event) {
    String id = event.id();
    if (id == null || Event.fitsIntoHeader(id)) return;
    throw new IllegalArgumentException(
        "event id has a control character, or a space at an end, unfit for a header");
  }

  @Override
  public void send(Event event) {
    checkId(event);
    byte[] block = EventStreamEncoder.encode(event);
    if (block.length > MAX_EVENT_BYTES) {
      throw new IllegalArgumentException(
          "event of " + block.length + " bytes is over the limit of " + MAX_EVENT_BYTES);
    }
    offer(block);
  }

  @Override
  public void comment(String comment) {
    offer(EventStreamEncoder.encodeComment(comment));
  }

  @Override
  public void retry(Duration reconnectionTime) {
    offer(withBlankLine(EventStreamEncoder.encodeRetry(reconnectionTime)));
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    if (pending.close()) lane.execute(this::pump);
  }

  /** A block without its blank line would become part of the next one. */
  private static byte[] withBlankLine(byte[] line) {
    byte[] block = Arrays.copyOf(line, line.length + 1);
    block[line.length] = '\n';
    return block;
  }

  private void offer(byte[] block) {
    if (source != null && !open) source.calledAfterTheEnd();
    boolean waits = source != null && source.isRunningHere();
    if (pending.add(block, waits)) lane.execute(this::pump);
  }

  // ---------------------------------------------------------------- private events: the lane

  /** Sends what is pending, as far as the client takes it. */
  private void pump() {
    pending.heard();
    if (!open) return;
    for (int step = 0; headSent && !response.isBlocked(); step++) {
      if (step == MAX_STEPS) {
        lane.execute(this::pump); // Others have their turn.
        return;
      }
      byte[] next = pending.take();
      if (next.length == 0) break;
      lastWrite = lane.now();
      response.write(next);
    }
    if (pending.hasOverflowed()) cut(StreamEnd.SLOW);
    else if (pending.isFinished() && headSent) finish(StreamEnd.CLOSED);
  }

  // ---------------------------------------------------------------- the response's owner

  @Override
  public void begin() {
    lastWrite = lane.now();
    if (request.hasTopics()) {
      subscribe();
    } else {
      sendHead();
      response.write(
          withBlankLine(EventStreamEncoder.encodeRetry(streams.admission.reconnectionTime())));
    }
    pump();
  }

  private void subscribe() {
    try {
      Subscription subscription = lane.lane.subscribe(request.subscription(), this);
      if (open && response.isOpen()) this.subscription = subscription;
      else subscription.close();
    } catch (TooManyTopicsException e) {
      answer(Problem.tooManyTopics(e).answer());
    } catch (IllegalArgumentException e) {
      answer(Problem.badRequest(e).answer());
    }
  }

  private void answer(Answer answer) {
    response.head(answer::writeHead);
    response.write(answer.body());
    finish(StreamEnd.REFUSED);
  }

  private void sendHead() {
    headSent = true;
    response.head(StreamRequest::writeHead);
    if (request.padding() > 0) response.write(request.paddingBytes());
  }

  @Override
  public void writable() {
    pump();
    if (response.isBlocked() || !waiting) return;
    waiting = false;
    if (subscription != null) subscription.writable();
  }

  @Override
  public void gone() {
    letGo(StreamEnd.LEFT);
  }

  // ---------------------------------------------------------------- the hub's sink

  @Override
  public boolean open(Opening opening) {
    if (!response.isOpen()) return false;
    if (opening.finished()) {
      response.head(head -> head.setStatus(HttpServletResponse.SC_NO_CONTENT));
      finish(StreamEnd.COMPLETED);
      return false;
    }
    sendHead();
    lane.execute(this::pump);
    return true;
  }

  @Override
  public boolean write(EventBatch batch) {
    byte[] bytes = bytes(batch);
    lastWrite = lane.now();
    waiting = !response.write(bytes);
    return !waiting;
  }

  @Override
  public boolean hasTakenSome() {
    return response.hasTakenSome();
  }

  /** One copy serves every subscriber that the batch is written to. */
  private static byte[] bytes(EventBatch batch) {
    if (batch.framing() instanceof byte[] bytes) return bytes;
    byte[] bytes = batch.toByteArray();
    batch.framing(bytes);
    return bytes;
  }

  @Override
  public void end(EndReason reason) {
    switch (reason) {
      case COMPLETED -> finish(StreamEnd.COMPLETED);
      case SHUTDOWN -> finish(StreamEnd.RELEASED);
      case SLOW -> cut(StreamEnd.SLOW);
      case FAILED -> cut(StreamEnd.FAILED);
    }
  }

  /** Ends the stream after what was written to it. */
  private void finish(StreamEnd why) {
    if (this.why == null) this.why = why;
    response.end();
    letGo(why);
  }

  /** Ends the stream of a client that cannot have what was meant for it. */
  private void cut(StreamEnd why) {
    if (this.why == null) this.why = why;
    response.abort();
    letGo(why);
  }

  // ---------------------------------------------------------------- time and end

  @Override
  public boolean tick() {
    if (!open) return true;
    if (!headSent || request.hasTopics()) return false;
    int quiet = lane.now() - lastWrite;
    if (!response.isBlocked() && quiet >= streams.heartbeatTicks()) {
      lastWrite = lane.now();
      response.write(HEARTBEAT);
    } else if (response.isBlocked() && response.quietTicks() >= lane.writeTimeoutTicks()) {
      cut(StreamEnd.SLOW);
    }
    return false;
  }

  @Override
  public void release() {
    if (!open || request.hasTopics()) return;
    if (headSent && !response.isBlocked()) {
      response.write(withBlankLine(EventStreamEncoder.encodeRetry(streams.admission.comeBackIn())));
    }
    finish(StreamEnd.RELEASED);
  }

  @Override
  public Login login() {
    return login;
  }

  @Override
  public void logOut() {
    if (open) finish(StreamEnd.LOGGED_OUT);
  }

  /** A listener that throws harms nobody, least of all the streams that end after this one. */
  private void tell(StreamEnd why) {
    try {
      onEnd.accept(why);
    } catch (RuntimeException failure) {
      log.log(ERROR, "a listener of the end of an event stream failed", failure);
    }
  }

  /** The first reason is the one: what it brings about is none. */
  private void letGo(StreamEnd otherwise) {
    if (!open) return;
    open = false;
    StreamEnd why = this.why == null ? otherwise : this.why;
    pending.end();
    if (subscription != null) subscription.close();
    subscription = null;
    streams.admission.ended(lane);
    streams.counters.count(why);
    tell(why);
  }
}
