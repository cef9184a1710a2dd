package io.runnel.examples.ordersspring;

import io.runnel.spring.PublishedTo;

/** What happens to orders: ordinary application events, which also go to topics. */
final class OrderEvents {
  private OrderEvents() {}

  /** Every back office hears of it. */
  @PublishedTo(value = "orders", type = "placed")
  record Placed(Order order) {}

  /** Only the one who looks after it from now on hears of it, in all browsers. */
  @PublishedTo(value = "user/{to}", type = "assigned")
  record Assigned(Order order, String to) {}

  /** Only the one who looked after it hears of it. */
  @PublishedTo(value = "user/{from}", type = "released")
  record Released(Order order, String from) {}
}
