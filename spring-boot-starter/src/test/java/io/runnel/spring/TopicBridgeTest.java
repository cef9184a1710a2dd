package io.runnel.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.runnel.eventstream.Event;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionTemplate;

/** From application events to streams, with a real database and its transactions. */
class TopicBridgeTest {
  private static MvcApp app;
  private static ApplicationEventPublisher events;
  private static TransactionTemplate transaction;
  private static JdbcTemplate table;

  @PublishedTo(value = "orders", type = "placed")
  @PublishedTo(value = "user/{assignee}", type = "assigned")
  record OrderPlaced(long number, String assignee) {}

  /** Announced by a listener of the application's own, in plain Spring. */
  record OrderPaid(long number) {}

  /** Published by a listener that runs after the commit. */
  @PublishedTo("orders")
  record InvoiceSent(long number) {}

  static final class Unwritable {
    public String getText() {
      throw new IllegalStateException("no text");
    }
  }

  @PublishedTo("orders")
  record WithUnwritable(Unwritable unwritable) {}

  @PublishedTo("orders//")
  record Misrouted(int number) {}

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Shop {
    @Bean
    MvcApp.Streams streams(MvcHub hub) {
      return new MvcApp.Streams(hub);
    }

    @Bean
    Listeners listeners(RunnelHub hub, ApplicationEventPublisher events) {
      return new Listeners(hub, events);
    }
  }

  record Listeners(RunnelHub hub, ApplicationEventPublisher events) {
    @TransactionalEventListener
    void paid(OrderPaid order) {
      hub.publish("orders", "paid", order);
      events.publishEvent(new InvoiceSent(order.number));
    }
  }

  @BeforeAll
  static void start() {
    app =
        new MvcApp(
            new Class<?>[] {Shop.class},
            "--spring.datasource.url=jdbc:h2:mem:bridge;DB_CLOSE_DELAY=-1");
    events = app.context;
    transaction = app.context.getBean(TransactionTemplate.class);
    table = app.context.getBean(JdbcTemplate.class);
    table.execute("create table placed (number bigint primary key)");
  }

  @AfterAll
  static void stop() {
    app.close();
  }

  private static void place(long number, String assignee) {
    table.update("insert into placed values (?)", number);
    events.publishEvent(new OrderPlaced(number, assignee));
  }

  @Test
  void subscribersHearOfATransactionAfterItsCommitAndNeverAfterARollback() throws Exception {
    try (Wire wire = app.get("/events/anna")) {
      wire.opening();
      transaction.executeWithoutResult(
          status -> {
            place(1, "anna");
            status.setRollbackOnly();
          });
      assertThatThrownBy(
              () ->
                  transaction.executeWithoutResult(
                      status -> {
                        place(2, "anna");
                        place(2, "anna"); // The key is there already.
                      }))
          .isInstanceOf(RuntimeException.class);
      transaction.executeWithoutResult(
          status -> {
            place(3, "anna");
            try {
              assertThat(wire.isQuietFor(Duration.ofMillis(300))).isTrue();
            } catch (java.io.IOException e) {
              throw new IllegalStateException(e);
            }
          });
      List<Event> heard = wire.take(2);
      assertThat(heard).extracting(Event::type).containsExactly("placed", "assigned");
      assertThat(heard.get(0).data()).isEqualTo("{\"number\":3,\"assignee\":\"anna\"}");
    }
    assertThat(table.queryForList("select number from placed", Long.class)).contains(3L);
    assertThat(table.queryForList("select number from placed", Long.class)).doesNotContain(1L, 2L);
  }

  @Test
  void withoutATransactionSubscribersHearAtOnce() throws Exception {
    try (Wire wire = app.get("/events/ben")) {
      wire.opening();
      events.publishEvent(new OrderPlaced(10, "ben"));
      assertThat(wire.take(2)).extracting(Event::type).containsExactly("placed", "assigned");
    }
  }

  @Test
  void anExpressionThatIsNullNamesNoTopic() throws Exception {
    try (Wire wire = app.get("/events/null")) {
      wire.opening();
      events.publishEvent(new OrderPlaced(11, null));
      assertThat(wire.next().type()).isEqualTo("placed");
      assertThat(wire.isQuietFor(Duration.ofMillis(200))).isTrue();
    }
  }

  @Test
  void aValueCannotReachAnotherTopic() throws Exception {
    try (Wire wire = app.get("/events/x")) {
      wire.opening();
      events.publishEvent(new OrderPlaced(12, "y/../x"));
      events.publishEvent(new OrderPlaced(13, "x"));
      List<Event> heard = wire.take(3);
      assertThat(heard).extracting(Event::type).containsExactly("placed", "placed", "assigned");
      assertThat(heard.get(2).data()).contains("13");
    }
  }

  @Test
  void aListenerAfterTheCommitPublishesToo() throws Exception {
    try (Wire wire = app.get("/events/carl")) {
      wire.opening();
      transaction.executeWithoutResult(status -> events.publishEvent(new OrderPaid(20)));
      assertThat(wire.take(2)).extracting(Event::type).containsExactly("paid", "invoiceSent");
    }
  }

  @Test
  void whatCannotBeWrittenFailsWhereItIsPublished() {
    assertThatThrownBy(() -> events.publishEvent(new WithUnwritable(new Unwritable())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cannot be written as JSON");
  }

  @Test
  void whatTheHubRefusesAfterTheCommitIsCountedAndHarmsNobody() {
    var bridge = app.context.getBean(TopicBridge.class);
    long before = bridge.failed();
    transaction.executeWithoutResult(status -> events.publishEvent(new Misrouted(1)));
    assertThat(bridge.failed()).isEqualTo(before + 1);
  }
}
