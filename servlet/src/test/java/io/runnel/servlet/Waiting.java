package io.runnel.servlet;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits until something is so. */
final class Waiting {
  private Waiting() {}

  static void await(BooleanSupplier condition) throws InterruptedException {
    await(Duration.ofSeconds(20), condition);
  }

  static void await(Duration atMost, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) throw new AssertionError("it never came true");
      Thread.sleep(5);
    }
  }
}
