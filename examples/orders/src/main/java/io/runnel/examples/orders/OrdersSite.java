package io.runnel.examples.orders;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.runnel.hub.Site;
import io.runnel.hub.SiteContext;
import io.runnel.hub.SiteRequest;
import io.runnel.hub.SiteResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The orders example as the hub serves it.
 *
 * <table>
 *   <caption>What is below {@code /examples/orders}</caption>
 *   <tr><td>{@code GET /}</td><td>the shop</td></tr>
 *   <tr><td>{@code GET /office.html?user=anna}</td><td>the back office</td></tr>
 *   <tr><td>{@code POST /orders}</td>
 *       <td>places an order; form fields {@code customer}, {@code item}, {@code quantity}</td></tr>
 *   <tr><td>{@code GET /orders?user=anna}</td>
 *       <td>the newest orders as that user may see them, and the cursor from which to subscribe
 *       </td></tr>
 *   <tr><td>{@code GET /orders/17}</td><td>an order</td></tr>
 *   <tr><td>{@code POST /orders/17/assignee}</td><td>assigns it; form field {@code user}</td></tr>
 * </table>
 *
 * Orders are published to the topic {@code orders} as events of type {@code placed}; to {@code
 * user/anna} goes what concerns her alone: {@code assigned} and {@code released}.
 */
public final class OrdersSite implements Site {
  private static final String PATH = "/examples/orders";
  private static final String JSON = "application/json";

  /** Fifteen digits: any such number is a long, and exact in a browser. */
  private static final Pattern ORDER = Pattern.compile("/orders/([1-9][0-9]{0,14})(/assignee)?");

  private final ShopPage shop = new ShopPage();
  private @Nullable OrderDesk desk;

  /** For the service loader. */
  public OrdersSite() {}

  @Override
  public String path() {
    return PATH;
  }

  @Override
  public void start(SiteContext context) {
    desk = new OrderDesk(context.hub());
  }

  @Override
  public void handle(SiteRequest request, SiteResponse response) {
    String call = request.method() + " " + request.path();
    switch (call) {
      case "GET /" -> sendShop(request, response);
      case "GET /shop.js" -> response.resource(OrdersSite.class, "shop.js");
      case "GET /office.html" -> response.resource(OrdersSite.class, "office.html");
      case "GET /office.js" -> response.resource(OrdersSite.class, "office.js");
      case "GET /orders.css" -> response.resource(OrdersSite.class, "orders.css");
      case "GET /orders" -> sendList(request, response);
      case "POST /orders" -> place(request, response);
      default -> {
        Matcher order = ORDER.matcher(request.path());
        boolean isOrder = order.matches();
        if (isOrder && call.equals("GET /orders/" + order.group(1))) {
          sendOrder(Long.parseLong(order.group(1)), response);
        } else if (isOrder && call.equals("POST /orders/" + order.group(1) + "/assignee")) {
          assign(Long.parseLong(order.group(1)), request, response);
        } else {
          response.problem(404, "Not found", "there is no " + call + " here");
        }
      }
    }
  }

  // ---------------------------------------------------------------- the shop

  private void sendShop(SiteRequest request, SiteResponse response) {
    String placed = request.query("placed");
    if (placed == null || !placed.matches("[1-9][0-9]{0,14}")) {
      sendPage(response, 200, shop.withReceipt(null));
      return;
    }
    answer(
        response,
        desk().find(Long.parseLong(placed)),
        order -> sendPage(response, 200, shop.withReceipt(order.orElse(null))));
  }

  private void place(SiteRequest request, SiteResponse response) {
    OrderForm form =
        OrderForm.of(request.form("customer"), request.form("item"), request.form("quantity"));
    boolean wantsPage = wantsPage(request);
    if (!form.complaints().isEmpty()) {
      refuse(form, wantsPage, response);
      return;
    }
    answer(
        response,
        desk().place(form),
        order -> {
          if (wantsPage) response.redirect(PATH + "/?placed=" + order.number());
          else sendPlaced(order, response);
        });
  }

  private void refuse(OrderForm form, boolean wantsPage, SiteResponse response) {
    if (wantsPage) {
      sendPage(response, 400, shop.withComplaints(form));
      return;
    }
    Map<String, String> complaints = form.complaints();
    Map<String, Object> problem = new LinkedHashMap<>();
    problem.put("title", "Bad request");
    problem.put("status", 400);
    problem.put("detail", String.join("; ", complaints.values()));
    problem.put("fields", complaints);
    response.send(400, "application/problem+json", Json.body(problem), Map.of());
  }

  private static void sendPlaced(Order order, SiteResponse response) {
    String location = PATH + "/orders/" + order.number();
    response.send(201, JSON, Json.body(order), Map.of("Location", location));
  }

  /** Browsers name HTML when they send a form; programs, and scripts of our pages, do not. */
  private static boolean wantsPage(SiteRequest request) {
    String accept = request.header("Accept");
    return accept != null && accept.contains("text/html");
  }

  // ---------------------------------------------------------------- the back office

  private void sendList(SiteRequest request, SiteResponse response) {
    String user = request.query("user");
    if (user != null) known(user);
    answer(response, desk().list(user), list -> sendJson(response, list));
  }

  private void sendOrder(long number, SiteResponse response) {
    answer(response, desk().find(number), order -> sendFound(number, order, response));
  }

  private void assign(long number, SiteRequest request, SiteResponse response) {
    String user = known(request.form("user"));
    answer(response, desk().assign(number, user), order -> sendFound(number, order, response));
  }

  private static void sendFound(long number, Optional<Order> order, SiteResponse response) {
    if (order.isPresent()) sendJson(response, order.get());
    else response.problem(404, "Not found", "there is no order " + number);
  }

  /** A user whom nobody knows is answered with 400 by whoever called {@link #handle}. */
  private static String known(@Nullable String user) {
    if (user != null && OrderDesk.USERS.contains(user)) return user;
    String what = user == null ? "user is missing" : "user is \"" + user + "\"";
    throw new IllegalArgumentException(
        what + ": it must be one of " + String.join(", ", OrderDesk.USERS));
  }

  // ---------------------------------------------------------------- answers

  /** Answers when the hub has: here, or later on the thread that kept the event. */
  private static <T> void answer(
      SiteResponse response, CompletableFuture<T> promise, Consumer<T> answer) {
    promise.whenComplete(
        (result, failure) -> {
          if (failure == null) answer.accept(result);
          else
            response.problem(
                503,
                "Not known to be kept",
                "the hub did not keep it; it may have happened or not");
        });
  }

  private static void sendPage(SiteResponse response, int status, String html) {
    response.send(status, "text/html; charset=utf-8", html.getBytes(UTF_8), Map.of());
  }

  private static void sendJson(SiteResponse response, Object value) {
    response.send(200, JSON, Json.body(value), Map.of());
  }

  private OrderDesk desk() {
    return requireNonNull(desk, "not started");
  }
}
