package io.runnel.examples.orders;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The shop's page, {@code shop.html} with its blanks filled in, so that the form answers without a
 * script. Any thread may call it.
 */
final class ShopPage {
  private static final Pattern BLANK = Pattern.compile("\\{\\{([a-z-]+)}}");

  private final String template = read("shop.html");

  /** The empty form, under the receipt of {@code placed} if there is one. */
  String withReceipt(@Nullable Order placed) {
    return fill(OrderForm.BLANK, Map.of(), placed);
  }

  /** The form as it was sent, with each complaint at its field. */
  String withComplaints(OrderForm form) {
    return fill(form, form.complaints(), null);
  }

  private String fill(OrderForm form, Map<String, String> complaints, @Nullable Order placed) {
    Map<String, String> blanks = new HashMap<>();
    fillField(blanks, "customer", form.customer(), complaints);
    fillField(blanks, "item", form.item(), complaints);
    fillField(blanks, "quantity", form.quantity(), complaints);
    if (placed == null) {
      blanks.put("receipt-hidden", "hidden");
    } else {
      blanks.put("receipt-number", Long.toString(placed.number()));
      blanks.put("receipt-what", escaped(placed.quantity() + " × " + placed.item()));
      blanks.put("receipt-customer", escaped(placed.customer()));
    }
    // In one pass: what somebody typed is never looked at for blanks.
    return BLANK
        .matcher(template)
        .replaceAll(blank -> Matcher.quoteReplacement(blanks.getOrDefault(blank.group(1), "")));
  }

  private static void fillField(
      Map<String, String> blanks, String field, String value, Map<String, String> complaints) {
    String complaint = complaints.get(field);
    blanks.put(field, escaped(value));
    blanks.put(field + "-invalid", complaint == null ? "" : "aria-invalid=\"true\"");
    blanks.put(field + "-complaint", complaint == null ? "" : escaped(complaint));
  }

  /** For text and for attribute values in double quotes. */
  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private static String read(String name) {
    try (InputStream in = ShopPage.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
