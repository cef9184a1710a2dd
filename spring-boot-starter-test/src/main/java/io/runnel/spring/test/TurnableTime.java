package io.runnel.spring.test;

import io.runnel.spring.RunnelTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The system's time, ahead by as much as it was turned. Safe for any thread. */
final class TurnableTime implements RunnelTime {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final List<Timer> timers = new CopyOnWriteArrayList<>();
  private volatile Duration ahead = Duration.ZERO;

  @Override
  public InstantSource clock() {
    return () -> Instant.now().plus(ahead);
  }

  @Override
  public ScheduledExecutorService newTimer() {
    var timer = new Timer();
    timers.add(timer);
    return timer;
  }

  /** Turns the time second by second; each is a tick, as if it had passed. */
  synchronized void advance(Duration duration) {
    Duration left = duration;
    while (left.compareTo(SECOND) >= 0) {
      ahead = ahead.plus(SECOND);
      timers.forEach(Timer::tick);
      left = left.minus(SECOND);
    }
    ahead = ahead.plus(left);
  }

  /** One thread, so that a tick by hand and one by itself are never at the same time. */
  private static final class Timer extends ScheduledThreadPoolExecutor {
    private volatile Runnable task = () -> {};

    Timer() {
      super(
          1,
          task -> {
            var thread = new Thread(task, "runnel-timer");
            thread.setDaemon(true);
            return thread;
          });
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(
        Runnable task, long firstIn, long delay, TimeUnit unit) {
      this.task = task;
      return super.scheduleWithFixedDelay(task, firstIn, delay, unit);
    }

    void tick() {
      try {
        Future<?> tick = submit(task);
        tick.get();
      } catch (RejectedExecutionException closed) {
        // Its application has stopped.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException e) {
        throw new IllegalStateException("a tick failed", e.getCause());
      }
    }
  }
}
