package io.runnel.examples.ordersspring;

import static java.util.Objects.requireNonNull;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.GeneratedKeyHolder;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * Where orders are placed and assigned. It knows its table and the events of the application, and
 * nothing of streams: subscribers hear of an event when its transaction has committed.
 */
@Service
class OrderDesk {
  private static final int LISTED = 200;

  private final JdbcClient table;
  private final ApplicationEventPublisher events;

  OrderDesk(JdbcClient table, ApplicationEventPublisher events) {
    this.table = table;
    this.events = events;
  }

  @Transactional
  Order place(String customer, String item, int quantity) {
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    var key = new GeneratedKeyHolder();
    table
        .sql(
            "insert into placed_order (customer, item, quantity, placed_at)"
                + " values (:customer, :item, :quantity, :now)")
        .param("customer", customer)
        .param("item", item)
        .param("quantity", quantity)
        .param("now", now.toEpochMilli())
        .update(key, "number");
    long number = requireNonNull(key.getKeyAs(Long.class));
    var order = new Order(number, customer, item, quantity, now, null);
    events.publishEvent(new OrderEvents.Placed(order));
    return order;
  }

  /** Hands an order to a user; empty if there is none of the number. */
  @Transactional
  Optional<Order> assign(long number, String user) {
    Optional<Order> before = find(number);
    if (before.isEmpty()) return before;
    table
        .sql("update placed_order set assignee = :user where number = :number")
        .param("user", user)
        .param("number", number)
        .update();
    Order assigned = find(number).orElseThrow();
    events.publishEvent(new OrderEvents.Assigned(assigned, user));
    String loser = before.get().assignee();
    if (loser != null && !loser.equals(user)) {
      events.publishEvent(new OrderEvents.Released(assigned.seenBy(loser), loser));
    }
    return Optional.of(assigned);
  }

  /** The newest first. */
  List<Order> newest() {
    return table
        .sql("select * from placed_order order by number desc limit " + LISTED)
        .query(OrderDesk::read)
        .list();
  }

  private Optional<Order> find(long number) {
    return table
        .sql("select * from placed_order where number = :number")
        .param("number", number)
        .query(OrderDesk::read)
        .optional();
  }

  private static Order read(ResultSet row, int index) throws SQLException {
    return new Order(
        row.getLong("number"),
        row.getString("customer"),
        row.getString("item"),
        row.getInt("quantity"),
        Instant.ofEpochMilli(row.getLong("placed_at")),
        row.getString("assignee"));
  }
}
