package io.runnel.examples.orders;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An order that was placed.
 *
 * @param number counts from 1 and belongs to one order only
 * @param assignee the back-office user who looks after it, if one does
 */
record Order(
    long number,
    String customer,
    String item,
    int quantity,
    Instant placedAt,
    @Nullable String assignee) {
  static final int MAX_QUANTITY = 999;

  /** In UTF-16 code units, as {@code maxlength} of an HTML form counts. */
  static final int MAX_TEXT_LENGTH = 80;

  Order {
    if (number < 1) throw new IllegalArgumentException("order number " + number);
    if (quantity < 1 || quantity > MAX_QUANTITY) {
      throw new IllegalArgumentException("quantity " + quantity);
    }
    checkLine("customer", customer);
    checkLine("item", item);
    // To the millisecond, as browsers keep time: what one reads back is then what was written.
    placedAt = Instant.ofEpochMilli(placedAt.toEpochMilli());
  }

  Order assignedTo(@Nullable String user) {
    return new Order(number, customer, item, quantity, placedAt, user);
  }

  /** This order as {@code user} may see it: who looks after it is told to that user only. */
  Order seenBy(@Nullable String user) {
    return assignee == null || assignee.equals(user) ? this : assignedTo(null);
  }

  private static void checkLine(String field, String text) {
    if (text.isBlank() || text.length() > MAX_TEXT_LENGTH || hasControlCharacter(text)) {
      throw new IllegalArgumentException(field + " is no line of text: \"" + text + "\"");
    }
  }

  static boolean hasControlCharacter(String text) {
    return text.chars().anyMatch(Character::isISOControl);
  }
}
