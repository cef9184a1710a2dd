package io.runnel.examples.ordersspring;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An order, as it stands in the table.
 *
 * @param assignee who looks after it, if somebody does
 */
record Order(
    long number,
    String customer,
    String item,
    int quantity,
    Instant placedAt,
    @Nullable String assignee) {
  /** This order as {@code user} may see it: who looks after it is told to that user only. */
  Order seenBy(String user) {
    return assignee == null || assignee.equals(user)
        ? this
        : new Order(number, customer, item, quantity, placedAt, null);
  }
}
