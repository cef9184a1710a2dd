package io.runnel.spring;

import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Waits for a claim to come true. */
final class Eventually {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  private Eventually() {}

  static void eventually(ThrowingCallable claim) throws Exception {
    long end = System.nanoTime() + PATIENCE;
    while (true) {
      try {
        claim.call();
        return;
      } catch (AssertionError notYet) {
        if (System.nanoTime() > end) throw notYet;
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }
}
