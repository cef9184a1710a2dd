package io.runnel.examples.orders;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The newest orders by number. Any thread may call it.
 *
 * <p>It keeps a bounded number of orders and forgets the oldest; the numbers go on.
 */
final class OrderBook {
  static final int CAPACITY = 1_000;

  private final Clock clock;

  // Guarded by this.
  private final TreeMap<Long, Order> orders = new TreeMap<>();
  private long lastNumber;

  OrderBook(Clock clock) {
    this.clock = clock;
  }

  /** Gives the order of {@code form}, which has no complaints, the next number. */
  synchronized Order place(OrderForm form) {
    Order order = form.toOrder(lastNumber + 1, clock.instant());
    put(order);
    return order;
  }

  /** Takes back an order that could not be published. Its number is not given again. */
  synchronized void withdraw(Order order) {
    orders.remove(order.number());
  }

  /** Enters an order that was placed before this book was opened. */
  synchronized void restore(Order order) {
    put(order);
  }

  synchronized Optional<Order> find(long number) {
    return Optional.ofNullable(orders.get(number));
  }

  /**
   * Hands an order to {@code user}.
   *
   * @return the order before, or nothing if there is no such order
   */
  synchronized Optional<Order> assign(long number, @Nullable String user) {
    Order before = orders.get(number);
    if (before != null) orders.put(number, before.assignedTo(user));
    return Optional.ofNullable(before);
  }

  /** The newest first. */
  synchronized List<Order> newestFirst() {
    List<Order> list = new ArrayList<>(orders.values());
    Collections.reverse(list);
    return list;
  }

  private void put(Order order) {
    orders.put(order.number(), order);
    lastNumber = Math.max(lastNumber, order.number());
    if (orders.size() > CAPACITY) orders.pollFirstEntry();
  }
}
