package io.runnel.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class ShopPageTest {
  private final ShopPage page = new ShopPage();

  @Test
  void noBlankIsLeftOpen() {
    assertThat(page.withReceipt(null)).doesNotContain("{{").contains("class=\"ticket\" hidden");
  }

  @Test
  void theReceiptShowsTheOrder() {
    var order = new Order(17, "Kim", "Flat white", 2, Instant.EPOCH, null);
    assertThat(page.withReceipt(order))
        .contains(
            "class=\"ticket\" >",
            "<b id=\"receipt-number\">17</b>",
            "id=\"receipt-what\">2 × Flat white<",
            "id=\"receipt-customer\">Kim<");
  }

  @Test
  void aComplaintStandsAtItsFieldAndTheRestAsItWasTyped() {
    assertThat(page.withComplaints(OrderForm.of("Kim", "Tea", "0")))
        .contains(
            "name=\"customer\" required maxlength=\"80\" autocomplete=\"given-name\" value=\"Kim\"",
            "value=\"0\" aria-invalid=\"true\"",
            "id=\"quantity-complaint\">quantity is &quot;0&quot;: it must be a whole number from 1"
                + " to 999<");
  }

  @Test
  void whatSomebodyTypedStaysText() {
    OrderForm form = OrderForm.of("\"><script>alert(1)</script>", "{{customer}} $1 \\", "0");
    assertThat(page.withComplaints(form))
        .contains(
            "value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\"",
            "value=\"{{customer}} $1 \\\"");
  }
}
