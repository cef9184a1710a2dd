package io.runnel.spring;

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** When something is done that must not be done before the transaction under way has committed. */
interface AfterCommit {
  /** Does it after the commit, not at all after a rollback, and now if there is no transaction. */
  void run(Runnable task);

  /** For applications without transactions. */
  static AfterCommit now() {
    return Runnable::run;
  }

  /** The transaction of the thread. */
  static AfterCommit ofThread() {
    return task -> {
      if (TransactionSynchronizationManager.isSynchronizationActive()
          && TransactionSynchronizationManager.isActualTransactionActive()) {
        TransactionSynchronizationManager.registerSynchronization(new Once(task));
      } else task.run();
    };
  }

  /** On completion, since what is registered by another's {@code afterCommit} hears no commit. */
  final class Once implements TransactionSynchronization {
    private final Runnable task;

    private Once(Runnable task) {
      this.task = task;
    }

    @Override
    public void afterCompletion(int status) {
      if (status == STATUS_COMMITTED) task.run();
    }
  }
}
