package io.runnel.examples.orders;

import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Records as JSON; what is null is left out. */
final class Json {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .changeDefaultPropertyInclusion(all -> all.withValueInclusion(Include.NON_NULL))
          .build();

  private Json() {}

  static String write(Object value) {
    return MAPPER.writeValueAsString(value);
  }

  /** A body: its line has an end, for those who read it in a terminal. */
  static byte[] body(Object value) {
    return (write(value) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /** The order that {@code json} is, or nothing if it is none: anybody may publish to the topic. */
  static Optional<Order> readOrder(String json) {
    try {
      return Optional.ofNullable(MAPPER.readValue(json, Order.class));
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }
}
