package io.runnel.examples.orders;

import io.runnel.engine.Hub;
import io.runnel.engine.Receipt;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Where orders are placed and assigned, and those concerned are told: everybody of an order, one
 * user of an assignment. Any thread may call it; nothing blocks.
 */
final class OrderDesk {
  /** Every back-office page hears this topic. */
  static final Topic ORDERS = new Topic("orders");

  /** Who works in the back office. A real one would ask its users for more than a name. */
  static final List<String> USERS = List.of("anna", "ben", "chris");

  private static final int LISTED = 200;

  private final Hub hub;
  private final OrderBook book = new OrderBook(Clock.systemUTC());

  /** Before the book is complete a number might be given twice, so everything waits for it. */
  private final CompletableFuture<Void> restored;

  OrderDesk(Hub hub) {
    this.hub = hub;
    restored = PastOrders.restore(hub, book);
  }

  /** What a page begins with: orders, the newest first, and where the stream goes on from. */
  record OrderList(String cursor, List<String> users, int total, List<Order> orders) {}

  /**
   * Gives the order of {@code form}, which has no complaints, a number and publishes it.
   *
   * @return the order, when it is kept; fails if it may not be
   */
  CompletableFuture<Order> place(OrderForm form) {
    return restored.thenCompose(
        nothing -> {
          // In the book first: a list has every order that its cursor says has been published.
          Order order = book.place(form);
          return publish(ORDERS, "placed", order)
              .whenComplete(
                  (receipt, failure) -> {
                    if (failure != null) book.withdraw(order);
                  })
              .thenApply(receipt -> order);
        });
  }

  /**
   * Hands an order to one of the {@link #USERS} and tells that user, and the one who had it.
   *
   * @return the order as it is now, or nothing if there is none of that number
   */
  CompletableFuture<Optional<Order>> assign(long number, String user) {
    return restored.thenCompose(
        nothing -> {
          Optional<Order> before = book.assign(number, user);
          if (before.isEmpty()) return CompletableFuture.completedFuture(before);
          return tell(before.get(), user).thenApply(Optional::of);
        });
  }

  private CompletableFuture<Order> tell(Order before, String user) {
    Order assigned = before.assignedTo(user);
    return publish(topicOf(user), "assigned", assigned)
        .thenCompose(
            receipt -> {
              String loser = before.assignee();
              return loser == null || loser.equals(user)
                  ? CompletableFuture.completedFuture(receipt)
                  : publish(topicOf(loser), "released", before.assignedTo(null));
            })
        .thenApply(receipt -> assigned);
  }

  CompletableFuture<Optional<Order>> find(long number) {
    return restored.thenApply(nothing -> book.find(number).map(order -> order.seenBy(null)));
  }

  /** The list as {@code user} may see it. */
  CompletableFuture<OrderList> list(@Nullable String user) {
    return restored.thenApply(
        nothing -> {
          // The cursor first: an order that comes in between is then in both, and not in neither.
          String cursor = hub.cursor();
          List<Order> orders = book.newestFirst();
          List<Order> newest =
              orders.stream().limit(LISTED).map(order -> order.seenBy(user)).toList();
          return new OrderList(cursor, USERS, orders.size(), newest);
        });
  }

  private CompletableFuture<Receipt> publish(Topic topic, String type, Order order) {
    try {
      return hub.publish(topic, Event.of(type, Json.write(order)));
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private static Topic topicOf(String user) {
    return new Topic("user/" + user);
  }
}
