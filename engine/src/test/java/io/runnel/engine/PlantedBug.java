package io.runnel.engine;

/**
 * Bugs that the simulation puts into the parts around the engine, to see that the checker catches
 * them: each stands for a mistake that the engine or a history could make.
 */
enum PlantedBug {
  NONE,

  // In the history, between it and the hub.
  READ_BEGINS_ONE_LATE,
  READ_BEGINS_ONE_EARLY,
  READ_LOSES_ITS_LAST_EVENT,
  READS_ONLY_WHAT_THE_WINDOW_HAS,
  TRIMMED_SAID_ONE_SHORT,
  TRIMMED_NOT_SAID,
  ID_INDEX_ONE_BEHIND,
  ID_INDEX_FINDS_THE_NEWEST,
  REPETITION_NOT_SAID,
  LOST_WAKE_UP,
  ENCODED_TWICE,
  ACKNOWLEDGED_BEFORE_KEPT,
  END_NOT_TOLD,

  // In a lane's executor.
  LANE_LOSES_A_TASK,

  // Between a lane and its sinks.
  ORDER_SWAPPED_IN_ONE_LANE,
  GAP_NOT_SENT,
  BATCH_SENT_TWICE,
  WRITABLE_NOT_HEARD
}
