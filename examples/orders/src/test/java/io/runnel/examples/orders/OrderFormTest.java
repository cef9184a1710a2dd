package io.runnel.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OrderFormTest {
  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

  @Test
  void aFormWithoutComplaintsMakesAnOrder() {
    OrderForm form = OrderForm.of(" Kim ", "Flat white", "007");
    assertThat(form.complaints()).isEmpty();
    assertThat(form.toOrder(3, NOON)).isEqualTo(new Order(3, "Kim", "Flat white", 7, NOON, null));
  }

  @Test
  void everyFieldThatIsMissingIsNamedWithItsRule() {
    assertThat(OrderForm.of(null, "  ", "").complaints())
        .containsExactly(
            Map.entry("customer", "customer is missing: it must be one line of 1 to 80 characters"),
            Map.entry("item", "item is missing: it must be one line of 1 to 80 characters"),
            Map.entry("quantity", "quantity is missing: it must be a whole number from 1 to 999"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "1000", "1.5", "two", "1e2", "٣", "99999999999999999999"})
  void aQuantityThatIsNoneIsNamedWithItsRule(String quantity) {
    assertThat(OrderForm.of("Kim", "Tea", quantity).complaints())
        .containsExactly(
            Map.entry(
                "quantity",
                "quantity is \"" + quantity + "\": it must be a whole number from 1 to 999"));
  }

  @Test
  void textOfEightyCharactersIsAllowedAndOneMoreIsNot() {
    assertThat(OrderForm.of("K".repeat(80), "T".repeat(81), "1").complaints())
        .containsExactly(
            Map.entry("item", "item has 81 characters: it must be one line of 1 to 80 characters"));
  }

  @Test
  void aControlCharacterIsNotText() {
    assertThat(OrderForm.of("Kim\nadmin", "Tea", "1").complaints())
        .containsExactly(
            Map.entry(
                "customer",
                "customer has a control character: it must be one line of 1 to 80 characters"));
  }
}
