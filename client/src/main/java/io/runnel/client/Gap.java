package io.runnel.client;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The hub's word that events between the resumed position and the next event may be missing (the
 * data of a {@code runnel.gap} event).
 *
 * @param reason why, in the hub's words, for instance {@code trimmed}; {@code unknown} if it gave
 *     none
 * @param first the first position that the hub still had, or null if it did not say
 * @param missed how many events are missing, or null if that is unknown
 */
public record Gap(String reason, @Nullable String first, @Nullable Long missed) {
  /** The type of the event that carries a gap. */
  static final String TYPE = "runnel.gap";

  static Gap of(String data) {
    Map<String, Object> said = Json.object(data);
    String reason = said.get("reason") instanceof String text ? text : "unknown";
    String first = said.get("first") instanceof String text ? text : null;
    Long missed = said.get("missed") instanceof Number number ? number.longValue() : null;
    return new Gap(reason, first, missed);
  }
}
