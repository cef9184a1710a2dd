package io.runnel.examples.ordersspring;

import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** The shop, for everybody. */
@RestController
class ShopController {
  private static final int LONGEST = 80;
  private static final int MOST = 999;

  private final OrderDesk desk;

  ShopController(OrderDesk desk) {
    this.desk = desk;
  }

  @PostMapping("/orders")
  @ResponseStatus(HttpStatus.CREATED)
  Order place(
      @RequestParam String customer, @RequestParam String item, @RequestParam int quantity) {
    if (quantity < 1 || quantity > MOST) {
      throw refused("quantity " + quantity + " is out of its range of 1 to " + MOST);
    }
    return desk.place(line("customer", customer), line("item", item), quantity);
  }

  private static String line(String field, String text) {
    boolean isLine = !text.isBlank() && text.chars().noneMatch(Character::isISOControl);
    if (isLine && text.length() <= LONGEST) return text.strip();
    throw refused(field + " must be one line of 1 to " + LONGEST + " characters");
  }

  private static ResponseStatusException refused(String why) {
    return new ResponseStatusException(HttpStatus.BAD_REQUEST, why);
  }
}
