package io.runnel.spring;

/** When something is done that must not be done before the transaction under way has committed. */
@FunctionalInterface
interface AfterCommit {
  /** What an application without transactions has. */
  AfterCommit NOW = Runnable::run;

  /** Does it after the commit, not at all after a rollback, and now if there is no transaction. */
  void run(Runnable task);
}
