package io.runnel.engine;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The window of the newest events, full: an event more, and a reader that takes what is new. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Thread)
public class WindowBenchmark {
  private static final int NEW = 64;

  /** Events in the window. */
  @Param({"1024", "65536"})
  int events;

  private final TopicState topic =
      new TopicState(new Topic("orders"), SlowConsumerPolicy.DISCONNECT);
  private final byte[] bytes = new byte[128];
  private final EventRun run = new EventRun();
  private RecentEvents window = new RecentEvents(2, 1, 0);

  @Setup(Level.Trial)
  public void fill() {
    window = new RecentEvents(events, Long.MAX_VALUE, 0);
    for (int i = 0; i < 2 * events; i++) append();
  }

  /** The event itself included, whose bytes were there before. */
  @Benchmark
  public long append() {
    EncodedEvent event = EncodedEvent.of(topic.topic, window.head() + 1, 0, null, bytes);
    event.topicState = topic;
    window.append(event);
    return window.size();
  }

  /** For each event, with its bytes. */
  @Benchmark
  @OperationsPerInvocation(NEW)
  public int read() {
    run.clear();
    long head = window.head();
    for (long offset = head - NEW + 1; offset <= head; offset++) {
      @Nullable TopicState found = window.topic(offset);
      if (found != null) run.add(window, found.topic, offset);
    }
    return run.bytes();
  }
}
