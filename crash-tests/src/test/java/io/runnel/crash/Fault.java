package io.runnel.crash;

/** What can be wrong with a planted hub; see docs/crash-tests.md. */
enum Fault {
  /** Publishers are answered before the history has committed. */
  ANSWERS_BEFORE_THE_SYNC,
  /** Subscribers are given events before the history has committed. */
  DELIVERS_BEFORE_THE_SYNC,
  /** A start forgets what the run before had kept, and goes on in the same epoch. */
  LOSES_THE_LAST_RUN,
  /** A reading begins one event late. */
  RESUMES_ONE_LATE,
  /** A reading begins one event early. */
  RESUMES_ONE_EARLY,
  /** A reading has two events the wrong way round. */
  SWAPS_TWO
}
