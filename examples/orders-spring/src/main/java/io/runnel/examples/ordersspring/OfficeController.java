package io.runnel.examples.ordersspring;

import static org.springframework.http.MediaType.TEXT_EVENT_STREAM_VALUE;

import io.runnel.spring.MvcHub;
import io.runnel.spring.RunnelEmitter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.security.Principal;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** The back office, for those who have logged in. */
@RestController
@RequestMapping("/office")
class OfficeController {
  private final MvcHub hub;
  private final OrderDesk desk;

  OfficeController(MvcHub hub, OrderDesk desk) {
    this.hub = hub;
    this.desk = desk;
  }

  /** What a page begins with, and where the stream goes on from. */
  record OrderList(String cursor, String user, List<String> users, List<Order> orders) {}

  /** The cursor first: an order that comes in between is then in both, and not in neither. */
  @GetMapping("/orders")
  OrderList orders(Principal user) {
    String cursor = hub.hub().cursor();
    List<Order> orders = desk.newest();
    return new OrderList(
        cursor,
        user.getName(),
        Security.USERS,
        orders.stream().map(order -> order.seenBy(user.getName())).toList());
  }

  /** Every order, and what is for this user and this login session alone. */
  @GetMapping(path = "/events", produces = TEXT_EVENT_STREAM_VALUE)
  RunnelEmitter events(HttpServletRequest request) {
    return hub.emitter(request).topics("orders").personal();
  }

  /** Hands an order to somebody; the other tabs of this login session are told, and nobody else. */
  @PostMapping("/orders/{number}/assignee")
  Order assign(
      @PathVariable long number, @RequestParam String user, HttpSession session, Principal self) {
    if (!Security.USERS.contains(user)) {
      throw new ResponseStatusException(
          HttpStatus.BAD_REQUEST, "user must be one of " + String.join(", ", Security.USERS));
    }
    Order order =
        desk.assign(number, user)
            .orElseThrow(
                () -> new ResponseStatusException(HttpStatus.NOT_FOUND, "no order " + number));
    hub.sendToSession(session.getId(), "handed", order);
    return order.seenBy(self.getName());
  }
}
