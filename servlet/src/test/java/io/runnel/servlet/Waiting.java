package io.runnel.servlet;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits until something is so. */
final class Waiting {
  /** What takes longer does not come at all, however slow and busy the machine is. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private Waiting() {}

  static void await(BooleanSupplier condition) throws InterruptedException {
    await(PATIENCE, condition);
  }

  static void await(Duration atMost, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) throw new AssertionError("it never came true");
      Thread.sleep(5);
    }
  }
}
