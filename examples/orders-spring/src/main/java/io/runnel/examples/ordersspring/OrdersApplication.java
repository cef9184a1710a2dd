package io.runnel.examples.ordersspring;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** A shop, and a back office that sees each order come in. */
@SpringBootApplication
public class OrdersApplication {
  /** Starts it. */
  public static void main(String[] arguments) {
    SpringApplication.run(OrdersApplication.class, arguments);
  }
}
