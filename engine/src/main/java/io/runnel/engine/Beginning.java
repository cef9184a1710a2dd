package io.runnel.engine;

import io.runnel.engine.ControlEvents.GapReason;
import org.jspecify.annotations.Nullable;

/**
 * What was found out before a subscription's first events.
 *
 * @param isNow whether nothing may be missing without a word from the newest position on
 * @param hasCursor whether nothing may be missing without a word from a cursor on
 * @param gap what is amiss with the cursor, or null
 * @param isForgotten whether events after the cursor stood in topics that are forgotten
 */
record Beginning(boolean isNow, boolean hasCursor, @Nullable GapReason gap, boolean isForgotten) {
  static final Beginning NOW = new Beginning(true, false, null, false);
  static final Beginning WITH_WHAT_IS_KEPT = new Beginning(false, false, null, false);

  static Beginning after(@Nullable GapReason gap, boolean isForgotten) {
    return new Beginning(false, true, gap, isForgotten);
  }

  /** Whether something is missing, though nobody can tell how much. */
  boolean missesUnknown() {
    return gap != null || isForgotten;
  }

  /** What is said of events that are missing, or null if they were not asked for. */
  @Nullable GapReason reasonForMissing() {
    if (gap != null) return gap;
    return hasCursor || isNow ? GapReason.TRIMMED : null;
  }
}
