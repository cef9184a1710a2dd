package io.runnel.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  private static final Order ORDER =
      new Order(17, "Zoë", "2 \"buns\"", 2, Instant.parse("2026-11-01T12:00:00.123456Z"), null);

  @Test
  void anOrderIsJsonWithoutAnAssigneeThatItDoesNotHave() {
    assertThat(Json.write(ORDER))
        .isEqualTo(
            "{\"number\":17,\"customer\":\"Zoë\",\"item\":\"2 \\\"buns\\\"\",\"quantity\":2,"
                + "\"placedAt\":\"2026-11-01T12:00:00.123Z\"}");
  }

  @Test
  void anOrderIsReadAsItWasWritten() {
    Order assigned = ORDER.assignedTo("anna");
    assertThat(Json.readOrder(Json.write(assigned))).contains(assigned);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "hello", "null", "17", "[]", "{}", "{\"number\":1}", "{\"number\":"})
  void whatIsNoOrderIsNone(String json) {
    assertThat(Json.readOrder(json)).isEmpty();
  }
}
