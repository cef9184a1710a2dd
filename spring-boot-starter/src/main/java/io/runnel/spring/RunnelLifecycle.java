package io.runnel.spring;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;

/**
 * Releases the streams when the application stops, before the web server begins to wait for its
 * requests: a stream is a request that does not end by itself, and would be waited for in vain.
 */
final class RunnelLifecycle implements SmartLifecycle, ApplicationListener<ContextClosedEvent> {
  /** The web server's graceful phase is 1024 before the last; later phases stop first. */
  static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 512;

  private static final Logger log = LoggerFactory.getLogger(RunnelLifecycle.class);

  /** How much longer than the drain the last streams may take. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  private final ApplicationContext context;
  private final StreamDrain streams;
  private final Duration over;
  private volatile boolean running;
  private volatile boolean closing;

  RunnelLifecycle(ApplicationContext context, StreamDrain streams, Duration over) {
    this.context = context;
    this.streams = streams;
    this.over = over;
  }

  @Override
  public void onApplicationEvent(ContextClosedEvent event) {
    if (event.getApplicationContext().equals(context)) closing = true;
  }

  @Override
  public void start() {
    running = true;
  }

  @Override
  public void stop() {
    stop(() -> {});
  }

  /** A context that is only paused, and will start again, keeps its streams. */
  @Override
  public void stop(Runnable callback) {
    running = false;
    if (!closing) {
      callback.run();
      return;
    }
    int open = streams.open();
    streams.drain(over);
    if (open == 0) callback.run();
    else Daemons.named("runnel-drain-").newThread(() -> awaitReleased(open, callback)).start();
  }

  private void awaitReleased(int open, Runnable callback) {
    long end = System.nanoTime() + over.plus(GRACE).toNanos();
    try {
      while (streams.open() > 0 && System.nanoTime() < end) TimeUnit.MILLISECONDS.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    log.info("Released {} of {} event streams", open - streams.open(), open);
    callback.run();
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public boolean isPauseable() {
    return false;
  }

  @Override
  public int getPhase() {
    return PHASE;
  }
}
