package io.runnel.examples.orders;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The order form as somebody filled it in, right or wrong.
 *
 * @param customer as typed, without the white space around it; empty where the field is missing
 */
record OrderForm(String customer, String item, String quantity) {
  private static final String QUANTITY_RULE =
      "it must be a whole number from 1 to " + Order.MAX_QUANTITY;
  private static final String TEXT_RULE =
      "it must be one line of 1 to " + Order.MAX_TEXT_LENGTH + " characters";

  static final OrderForm BLANK = new OrderForm("", "", "1");

  static OrderForm of(@Nullable String customer, @Nullable String item, @Nullable String quantity) {
    return new OrderForm(stripped(customer), stripped(item), stripped(quantity));
  }

  /**
   * What is wrong: for each field that is, in the form's order, a sentence that names field and
   * rule. Empty means that {@link #toOrder} makes an order of it.
   */
  Map<String, String> complaints() {
    Map<String, String> complaints = new LinkedHashMap<>();
    complainAboutText(complaints, "customer", customer);
    complainAboutText(complaints, "item", item);
    if (quantity.isEmpty()) {
      complaints.put("quantity", "quantity is missing: " + QUANTITY_RULE);
    } else if (!isQuantity(quantity)) {
      complaints.put("quantity", "quantity is \"" + shortened(quantity) + "\": " + QUANTITY_RULE);
    }
    return complaints;
  }

  Order toOrder(long number, Instant placedAt) {
    return new Order(number, customer, item, Integer.parseInt(quantity), placedAt, null);
  }

  private static void complainAboutText(
      Map<String, String> complaints, String field, String value) {
    if (value.isEmpty()) {
      complaints.put(field, field + " is missing: " + TEXT_RULE);
    } else if (value.length() > Order.MAX_TEXT_LENGTH) {
      complaints.put(field, field + " has " + value.length() + " characters: " + TEXT_RULE);
    } else if (Order.hasControlCharacter(value)) {
      complaints.put(field, field + " has a control character: " + TEXT_RULE);
    }
  }

  /** At most three digits are parsed, so no number is too large for it. */
  private static boolean isQuantity(String text) {
    return text.matches("[0-9]{1,3}") && Integer.parseInt(text) >= 1;
  }

  private static String shortened(String value) {
    return value.length() <= 40 ? value : value.substring(0, 40) + "…";
  }

  private static String stripped(@Nullable String value) {
    return value == null ? "" : value.strip();
  }
}
