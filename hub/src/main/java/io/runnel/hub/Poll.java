package io.runnel.hub;

import io.netty.util.concurrent.Future;
import io.runnel.engine.EventBatch;
import io.runnel.engine.EventSink;
import io.runnel.engine.Opening;
import io.runnel.engine.Subscription;
import io.runnel.engine.SubscriptionRequest;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber that cannot stream: its answer ends at once, or after the first events or a gap
 * come, or after a time without any. The same events, in the same form, at the same positions.
 */
final class Poll implements EventSink {
  private final HttpExchange exchange;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private boolean waits;
  private @Nullable Subscription subscription;
  private @Nullable Future<?> deadline;
  private @Nullable Runnable stopWatching;
  private boolean answered;

  private Poll(HttpExchange exchange, boolean waits) {
    this.exchange = exchange;
    this.waits = waits;
  }

  static void begin(HttpExchange exchange, SubscriptionRequest request, boolean waits) {
    HttpCarrier carrier = exchange.carrier();
    carrier.server().counters().polls.increment();
    var poll = new Poll(exchange, waits);
    Subscription subscription = carrier.loop().lane.subscribe(request, poll);
    if (poll.answered) subscription.close();
    else poll.await(subscription);
  }

  /** A poll that does not wait may still have to, until the history is read. */
  private void await(Subscription subscription) {
    this.subscription = subscription;
    HttpCarrier carrier = exchange.carrier();
    stopWatching = carrier.onClose(this::finish);
    long longest = carrier.server().config().longPollWait().toMillis();
    deadline = carrier.executor().schedule(() -> answer(200), longest, TimeUnit.MILLISECONDS);
  }

  @Override
  public boolean open(Opening opening) {
    if (opening.finished()) {
      answer(204);
      return false;
    }
    // Whoever has missed something hears of it now, and not when the next event comes.
    if (Boolean.FALSE.equals(opening.recovered())) waits = false;
    return true;
  }

  @Override
  public boolean write(EventBatch batch) {
    if (answered) return true;
    body.writeBytes(batch.toByteArray());
    if (!waits || batch.events() > 0) answer(200);
    return true;
  }

  @Override
  public void end(EndReason reason) {
    subscription = null;
    if (answered) return;
    if (reason == EndReason.FAILED) fail();
    else answer(200);
  }

  private void answer(int status) {
    finish();
    if (answered) return;
    answered = true;
    byte[] events = status == 204 ? new byte[0] : body.toByteArray();
    exchange.respond(HttpExchange.response(status, "text/event-stream", events));
  }

  private void fail() {
    finish();
    answered = true;
    exchange.problem(503, "History failed", "the history failed to read what is asked for");
  }

  /** A kept-alive connection outlives many polls: nothing of this one stays with it. */
  private void finish() {
    if (stopWatching != null) stopWatching.run();
    if (deadline != null) deadline.cancel(false);
    if (subscription != null) subscription.close();
    subscription = null;
  }
}
