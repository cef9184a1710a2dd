package io.runnel.spring;

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** The commit of the calling thread's transaction. Apart, as not every application has any. */
final class TransactionCommit implements AfterCommit {
  @Override
  public void run(Runnable task) {
    if (TransactionSynchronizationManager.isSynchronizationActive()
        && TransactionSynchronizationManager.isActualTransactionActive()) {
      TransactionSynchronizationManager.registerSynchronization(new Completion(task));
    } else task.run();
  }

  /** Not {@code afterCommit}: what is registered there by another's hears of no commit. */
  private record Completion(Runnable task) implements TransactionSynchronization {
    @Override
    public void afterCompletion(int status) {
      if (status == STATUS_COMMITTED) task.run();
    }
  }
}
