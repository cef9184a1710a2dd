package io.runnel.client;

import io.runnel.eventstream.Event;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What was read of a stream and waits to be handed out: in its order, one call at a time, events
 * against demand.
 *
 * <p>A large event is handed out in another thread, because its handler blocks while its data
 * comes; what follows waits until that handler is through. The last event ID moves with what was
 * handed out: a large event counts when it was complete.
 *
 * <p>Touched by the turns of the stream only, except where a method says otherwise.
 */
final class Outflow {
  private final EventHandler handler;
  private final Executor executor;
  private final Turns turns;
  private final Queue<Delivery> waiting = new ArrayDeque<>();
  private @Nullable MintedId handedOut;
  private @Nullable LargeEvent large;

  // Any thread.
  private final AtomicLong demand = new AtomicLong();
  private volatile String lastEventId;

  /** A call of the handler, or a step between two. */
  private interface Delivery {
    /** Whether its time has come; those behind it wait as well. */
    default boolean isDue() {
      return true;
    }

    void run();
  }

  /** A call of code that is not ours. */
  interface Callback {
    void call() throws Exception;
  }

  Outflow(EventHandler handler, Executor executor, Turns turns, String lastEventId, long demand) {
    this.handler = handler;
    this.executor = executor;
    this.turns = turns;
    this.lastEventId = lastEventId;
    this.handedOut = MintedId.of(lastEventId);
    this.demand.set(demand);
  }

  /** Any thread. */
  String lastEventId() {
    return lastEventId;
  }

  /** Lets so many more events be handed out, in the next turn. Any thread. */
  void demand(long events) {
    demand.accumulateAndGet(events, (old, more) -> old + more < 0 ? Long.MAX_VALUE : old + more);
  }

  /** Hands out what is due; false if something waits, for demand or for the reader of its data. */
  boolean handOut(BooleanSupplier stops) {
    while (!waiting.isEmpty() && !stops.getAsBoolean()) {
      if (!waiting.element().isDue()) return false;
      waiting.remove().run();
    }
    return true;
  }

  void clear() {
    waiting.clear();
  }

  /**
   * Drops what waits. A large event whose data has not all come is cut, and what shall be done then
   * waits for its handler to end.
   */
  void drop(ConnectionFailedException cause, Runnable then) {
    waiting.clear();
    cutTheLargeEvent(cause);
    waiting.add(then::run);
  }

  /** True if a large event was open, which will now end: {@link #handOut} waits for it. */
  boolean cutTheLargeEvent(ConnectionFailedException cause) {
    LargeEvent open = large;
    if (open == null) return false;
    open.cut(cause);
    waiting.add(
        new Delivery() {
          @Override
          public boolean isDue() {
            return open.isHandled();
          }

          @Override
          public void run() {
            large = null;
          }
        });
    return true;
  }

  /** Calls the handler, which harms only itself. */
  void call(Callback callback) {
    try {
      callback.call();
    } catch (Throwable e) {
      EventSource.LOG.log(Level.WARNING, "a handler threw; the stream goes on", e);
    }
  }

  // What comes next in the stream

  void addCall(Callback callback) {
    waiting.add(() -> call(callback));
  }

  void addEvent(Event event, boolean hasOwnId) {
    waiting.add(
        new Delivery() {
          @Override
          public boolean isDue() {
            return demand.get() > 0;
          }

          @Override
          public void run() {
            handOutEvent(event, hasOwnId);
          }
        });
  }

  private void handOutEvent(Event event, boolean hasOwnId) {
    if (hasOwnId && isRepetition(event.id())) return;
    if (demand.get() != Long.MAX_VALUE) demand.decrementAndGet();
    if (hasOwnId) moveTo(event.id());
    call(() -> handler.event(event));
  }

  /** A block without data has set the last event ID. */
  void addId(String id) {
    waiting.add(() -> movePast(id));
  }

  void addLargeEvent(String type, String id) {
    waiting.add(() -> beginLargeEvent(type, id));
  }

  private void beginLargeEvent(String type, String id) {
    // An id that the block has not told yet is the last one, which is no repetition.
    boolean isRepetition = !id.equals(lastEventId) && isRepetition(id);
    if (isRepetition) return;
    var event = new LargeEvent(type, id, turns::wake);
    large = event;
    executor.execute(
        () -> {
          call(() -> handler.largeEvent(event));
          turns.post(event::handled);
        });
  }

  void addLargeEventData(String piece) {
    waiting.add(
        new Delivery() {
          @Override
          public boolean isDue() {
            return large == null || large.hasRoom();
          }

          @Override
          public void run() {
            if (large != null) large.add(piece);
          }
        });
  }

  void addLargeEventEnd(Event event, boolean hasOwnId) {
    waiting.add(
        () -> {
          if (large != null) large.complete();
        });
    waiting.add(
        new Delivery() {
          @Override
          public boolean isDue() {
            return large == null || large.isHandled();
          }

          @Override
          public void run() {
            large = null;
            if (hasOwnId && !isRepetition(event.id())) wasHandedOut(event.id());
          }
        });
  }

  /** Ids that a hub minted are in order: what is not above the last one was handed out. */
  private boolean isRepetition(@Nullable String id) {
    MintedId minted = MintedId.of(id);
    return minted != null && minted.isNotAbove(handedOut);
  }

  private void moveTo(@Nullable String id) {
    MintedId minted = MintedId.of(id);
    if (minted != null) handedOut = minted;
    if (id != null) lastEventId = id;
  }

  /** Moves the last event ID without an event; never back, within one epoch. */
  private void movePast(String id) {
    if (isRepetition(id)) return;
    lastEventId = id;
    call(() -> handler.positionMoved(id));
  }

  private void wasHandedOut(@Nullable String id) {
    moveTo(id);
    if (id != null) call(() -> handler.positionMoved(id));
  }
}
