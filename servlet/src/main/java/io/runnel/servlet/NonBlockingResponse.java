package io.runnel.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The answer to one request, written without ever waiting for the client.
 *
 * <p>Its lane writes; the container says on threads of its own when there is room, when the client
 * has gone and when the answer is over. After that the container gives the response to another
 * request, so a write that comes too late would reach a stranger. The gate keeps the two apart: a
 * write happens inside it and only while it is open, and the container's callback does not return
 * before it is shut.
 *
 * <p>All methods but the container's callbacks are called on the lane's thread.
 */
final class NonBlockingResponse implements WriteListener, AsyncListener {
  /** A write does not block, so nobody waits longer than this for one to end; see the counter. */
  private static final long GATE_SECONDS = 10;

  private final StreamLane lane;
  private final Owner owner;
  private final HttpServletResponse response;
  private final AsyncContext context;
  private final ServletOutputStream out;
  private final NonBlockingOutput rest;

  private final ReentrantLock gate = new ReentrantLock();

  // Written inside the gate, or when nobody could get in.
  private volatile boolean shut;

  // Written by the container's threads.
  private volatile boolean over;

  // The lane's.
  private boolean started;
  private boolean blocked = true;
  private boolean hasTakenSome;
  private State state = State.OPEN;
  private int since;
  private boolean holdsLastResort;
  private boolean told;

  private enum State {
    OPEN,
    /** To be completed when the rest is sent. */
    ENDING,
    /** To be completed as soon as that cannot block: the client takes nothing. */
    ABORTING,
    /** Writing failed; the container completes it, or the next tick does. */
    FAILED,
    COMPLETED
  }

  /** Who is told of what becomes of the response; on the lane's thread. */
  interface Owner {
    /** The first time that something may be written; also the head may still be changed. */
    void begin();

    /** All that was kept has gone. */
    void writable();

    /** Nothing more can be written: it is over, or it failed. Called once. */
    void gone();
  }

  /**
   * Makes the request asynchronous. Container thread.
   *
   * @throws IllegalStateException if the servlet or a filter does not support that
   */
  NonBlockingResponse(
      HttpServletRequest request, HttpServletResponse response, StreamLane lane, Owner owner)
      throws IOException {
    this.lane = lane;
    this.owner = owner;
    this.response = response;
    out = response.getOutputStream();
    rest = new NonBlockingOutput(out);
    context = request.startAsync(request, response);
    context.setTimeout(0);
  }

  /** Lets the container call back; from now on this belongs to the lane. Container thread. */
  void listen() {
    context.addListener(this);
    out.setWriteListener(this);
  }

  /** Whether nothing is to be written for now but kept. */
  boolean isBlocked() {
    return blocked;
  }

  boolean isOpen() {
    return state == State.OPEN;
  }

  /** The status and the headers, as long as nothing is written. */
  void head(Consumer<HttpServletResponse> change) {
    gate.lock();
    try {
      if (!shut) change.accept(response);
    } finally {
      gate.unlock();
    }
  }

  /**
   * Writes and flushes the bytes, which must not be changed any more; true if they have gone, false
   * if they or a rest of them is kept, by this or by the container.
   */
  boolean write(byte[] bytes) {
    if (state != State.OPEN && state != State.ENDING) return true;
    rest.add(bytes);
    if (blocked) return false;
    hasTakenSome = false;
    writeRest();
    return !blocked;
  }

  private void writeRest() {
    gate.lock();
    try {
      if (shut) return;
      blocked = !rest.tryWrite();
      since = lane.now();
    } catch (IOException | RuntimeException clientGone) {
      shut = true;
      fail();
    } finally {
      gate.unlock();
    }
  }

  /** Ends the answer when all is sent. */
  void end() {
    if (state != State.OPEN) return;
    state = State.ENDING;
    since = lane.now();
    if (started && !blocked) complete();
  }

  /**
   * Ends the answer of a client that takes nothing: what it has not taken is dropped. Not completed
   * at once, since Tomcat would wait on a thread of its own until the client takes the end.
   */
  void abort() {
    if (state != State.OPEN && state != State.ENDING) return;
    state = State.ABORTING;
    since = lane.now();
    rest.clear();
    if (started && !blocked) complete();
  }

  private void complete() {
    shut = true; // No write is under way: this is the thread that writes.
    state = State.COMPLETED;
    rest.clear();
    try {
      if (!over) context.complete();
    } catch (IllegalStateException alreadyOver) {
      // The container was faster.
    }
    tellGone();
  }

  private void fail() {
    if (state == State.FAILED || state == State.COMPLETED) return;
    state = State.FAILED;
    since = lane.now();
    rest.clear();
    tellGone();
  }

  private void tellGone() {
    if (told) return;
    told = true;
    owner.gone();
  }

  /** About once a second. True if this need not be looked after any longer. */
  boolean tick() {
    if (over) {
      releaseLastResort();
      return true;
    }
    switch (state) {
      case OPEN, COMPLETED -> {}
      case ENDING -> {
        if (lane.now() - since >= lane.writeTimeoutTicks()) abort();
      }
      case FAILED -> {
        // Tomcat tells its listeners of the failure and completes; Jetty and Undertow leave it to
        // us.
        if (lane.now() - since >= 1) complete();
      }
      case ABORTING -> {
        if (lane.now() - since < lane.writeTimeoutTicks() || !lane.takeLastResort()) break;
        holdsLastResort = true;
        complete();
      }
    }
    return false;
  }

  /** How many ticks nothing could be written for, or nothing was. */
  int quietTicks() {
    return lane.now() - since;
  }

  /** Whether the container had room again since this was asked last. */
  boolean hasTakenSome() {
    boolean taken = hasTakenSome;
    hasTakenSome = false;
    return taken;
  }

  private void releaseLastResort() {
    if (holdsLastResort) lane.releaseLastResort();
    holdsLastResort = false;
  }

  // ---------------------------------------------------------------- the container's threads

  @Override
  public void onWritePossible() {
    lane.execute(this::goOn);
  }

  private void goOn() {
    if (!started) {
      started = true;
      blocked = false;
      since = lane.now();
      if (state == State.OPEN) owner.begin();
      else complete();
      return;
    }
    hasTakenSome = true;
    if (state == State.OPEN || state == State.ENDING) writeRest();
    else if (state == State.ABORTING) complete();
    if (blocked) return;
    if (state == State.OPEN) owner.writable();
    else if (state == State.ENDING) complete();
  }

  /** The next write would fail. */
  @Override
  public void onError(Throwable clientGone) {
    shut();
    lane.execute(this::fail);
  }

  @Override
  public void onComplete(AsyncEvent event) {
    shut();
    over = true;
    lane.execute(this::finish);
  }

  @Override
  public void onError(AsyncEvent event) {
    completeHere(event);
  }

  @Override
  public void onTimeout(AsyncEvent event) {
    completeHere(event);
  }

  @Override
  public void onStartAsync(AsyncEvent event) {}

  private void completeHere(AsyncEvent event) {
    shut();
    try {
      event.getAsyncContext().complete();
    } catch (IllegalStateException alreadyOver) {
      // The lane was faster.
    }
    lane.execute(this::fail);
  }

  /** It is over: whatever state it was in, it is looked after no longer. */
  private void finish() {
    state = State.COMPLETED;
    rest.clear();
    releaseLastResort();
    tellGone();
  }

  private void shut() {
    boolean entered = false;
    try {
      entered = gate.tryLock(GATE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      entered = gate.tryLock();
    }
    shut = true;
    if (entered) gate.unlock();
    else lane.countGateTimeout();
  }
}
