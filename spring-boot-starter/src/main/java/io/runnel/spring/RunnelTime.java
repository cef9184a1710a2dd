package io.runnel.spring;

import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Where the hub of an application has its time from. A bean of this type takes the place of the
 * system's; the test support has one that can be turned.
 *
 * <p>Safe for any thread.
 */
public interface RunnelTime {
  /** The time of day: how old events are. Heartbeats and timeouts are the timer's. */
  InstantSource clock();

  /** A new timer, which its user shuts down: one task, with a second's delay between its runs. */
  ScheduledExecutorService newTimer();

  /** The system's time. */
  static RunnelTime system() {
    return new RunnelTime() {
      @Override
      public InstantSource clock() {
        return InstantSource.system();
      }

      @Override
      public ScheduledExecutorService newTimer() {
        return Executors.newSingleThreadScheduledExecutor(Daemons.named("runnel-timer-"));
      }
    };
  }
}
