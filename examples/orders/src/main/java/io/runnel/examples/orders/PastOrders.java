package io.runnel.examples.orders;

import io.runnel.engine.EventBatch;
import io.runnel.engine.EventSink;
import io.runnel.engine.Hub;
import io.runnel.engine.Lane;
import io.runnel.engine.Opening;
import io.runnel.engine.Start;
import io.runnel.engine.SubscriptionRequest;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicPattern;
import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamParser;
import io.runnel.eventstream.EventStreamTooLongException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Enters into an order book what the hub's history kept of earlier days.
 *
 * <p>It subscribes, as a page does, to everything from the oldest event kept, and is done when it
 * hears a mark that it published itself when it began: what follows the mark is news.
 */
final class PastOrders {
  private static final Topic MARKS = new Topic("examples/orders/marks");

  private final OrderBook book;
  private final String mark = UUID.randomUUID().toString();
  private final CompletableFuture<Void> restored = new CompletableFuture<>();

  private PastOrders(OrderBook book) {
    this.book = book;
  }

  /**
   * Begins to restore.
   *
   * @return done when the book is complete; fails if the history cannot be read
   */
  static CompletableFuture<Void> restore(Hub hub, OrderBook book) {
    var past = new PastOrders(book);
    ExecutorService thread =
        Executors.newSingleThreadExecutor(
            task -> {
              var daemon = new Thread(task, "runnel-example-orders");
              daemon.setDaemon(true);
              return daemon;
            });
    Lane lane = hub.newLane(thread);
    thread.execute(() -> past.begin(hub, lane));
    past.restored.whenComplete(
        (done, failure) -> {
          thread.execute(lane::close);
          thread.shutdown();
        });
    return past.restored;
  }

  private void begin(Hub hub, Lane lane) {
    var topics =
        List.of(
            TopicPattern.of(OrderDesk.ORDERS), new TopicPattern("user/*"), TopicPattern.of(MARKS));
    try {
      lane.subscribe(SubscriptionRequest.of(topics, Start.OLDEST), new Reader());
      hub.publish(MARKS, Event.of("mark", mark))
          .whenComplete(
              (receipt, failure) -> {
                if (failure != null) restored.completeExceptionally(failure);
              });
    } catch (RuntimeException failure) {
      restored.completeExceptionally(failure);
    }
  }

  private void take(Event event) {
    switch (event.type()) {
      case "placed" -> Json.readOrder(event.data()).ifPresent(book::restore);
      case "assigned" ->
          Json.readOrder(event.data())
              .ifPresent(order -> book.assign(order.number(), order.assignee()));
      case "mark" -> {
        if (event.data().equals(mark)) restored.complete(null);
      }
      default -> {
        // Anybody may publish anything.
      }
    }
  }

  /** Called on the lane's thread. */
  private final class Reader implements EventSink {
    private final EventStreamParser parser =
        new EventStreamParser(
            event -> {
              if (!restored.isDone()) take(event);
            });

    @Override
    public boolean open(Opening opening) {
      return true;
    }

    @Override
    public boolean write(EventBatch batch) {
      byte[] bytes = batch.toByteArray();
      try {
        parser.feed(bytes, 0, bytes.length);
      } catch (EventStreamTooLongException e) {
        restored.completeExceptionally(e);
      }
      return true;
    }

    @Override
    public void end(EndReason reason) {
      restored.completeExceptionally(new IllegalStateException("reading ended: " + reason));
    }
  }
}
