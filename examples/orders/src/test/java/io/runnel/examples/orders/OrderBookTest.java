package io.runnel.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class OrderBookTest {
  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");
  private static final OrderForm TEA = OrderForm.of("Kim", "Tea", "2");

  private final OrderBook book = new OrderBook(Clock.fixed(NOON, ZoneOffset.UTC));

  @Test
  void eachOrderGetsTheNextNumberAndTheNewestComesFirst() {
    Order first = book.place(TEA);
    Order second = book.place(TEA);
    assertThat(book.newestFirst()).containsExactly(second, first);
    assertThat(second).isEqualTo(new Order(2, "Kim", "Tea", 2, NOON, null));
  }

  @Test
  void aNumberThatWasWithdrawnIsNotGivenAgain() {
    book.withdraw(book.place(TEA));
    assertThat(book.place(TEA).number()).isEqualTo(2);
  }

  @Test
  void numbersGoOnAfterTheOrdersThatWereRestored() {
    Order old = new Order(41, "Ada", "Bun", 1, NOON, null);
    book.restore(old);
    assertThat(book.place(TEA).number()).isEqualTo(42);
    assertThat(book.find(41)).contains(old);
  }

  @Test
  void assigningTellsHowItStoodBefore() {
    Order order = book.place(TEA);
    assertThat(book.assign(1, "anna")).contains(order);
    assertThat(book.assign(1, "ben")).contains(order.assignedTo("anna"));
    assertThat(book.find(1)).contains(order.assignedTo("ben"));
    assertThat(book.assign(2, "anna")).isEmpty();
  }

  @Test
  void onlyTheAssigneeSeesToWhomAnOrderIsAssigned() {
    Order order = book.place(TEA);
    assertThat(order.assignedTo("anna").seenBy("anna")).isEqualTo(order.assignedTo("anna"));
    assertThat(order.assignedTo("anna").seenBy("ben")).isEqualTo(order);
    assertThat(order.assignedTo("anna").seenBy(null)).isEqualTo(order);
  }

  @Test
  void aFullBookForgetsTheOldest() {
    LongStream.rangeClosed(1, OrderBook.CAPACITY + 3).forEach(n -> book.place(TEA));
    assertThat(book.newestFirst()).hasSize(OrderBook.CAPACITY);
    assertThat(book.find(3)).isEmpty();
    assertThat(book.find(4)).isPresent();
  }
}
