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
 * A subscriber that cannot stream: its answer ends at once, or after the first events come, or
 * after a time without any. The same events, in the same form, at the same positions.
 */
final class Poll implements EventSink {
  private static final long LONGEST_WAIT_SECONDS = 25;

  private final HttpExchange exchange;
  private final boolean waits;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private @Nullable Subscription subscription;
  private @Nullable Future<?> deadline;
  private boolean answered;

  private Poll(HttpExchange exchange, boolean waits) {
    this.exchange = exchange;
    this.waits = waits;
  }

  static void begin(HttpExchange exchange, SubscriptionRequest request, boolean waits) {
    var poll = new Poll(exchange, waits);
    Subscription subscription = exchange.carrier().loop().lane.subscribe(request, poll);
    if (poll.answered) {
      subscription.close();
      return;
    }
    poll.subscription = subscription;
    if (waits) {
      poll.deadline =
          exchange
              .carrier()
              .executor()
              .schedule(() -> poll.answer(200), LONGEST_WAIT_SECONDS, TimeUnit.SECONDS);
      exchange.carrier().onClose(poll::finish);
    }
  }

  @Override
  public boolean open(Opening opening) {
    if (!opening.finished()) return true;
    answer(204);
    return false;
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
    if (!answered) answer(200);
  }

  private void answer(int status) {
    finish();
    if (answered) return;
    answered = true;
    var response =
        HttpExchange.response(
            status, "text/event-stream", status == 204 ? new byte[0] : body.toByteArray());
    exchange.respond(response);
  }

  private void finish() {
    if (deadline != null) deadline.cancel(false);
    if (subscription != null) subscription.close();
    subscription = null;
  }
}
