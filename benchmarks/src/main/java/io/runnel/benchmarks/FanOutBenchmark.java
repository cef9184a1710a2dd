package io.runnel.benchmarks;

import io.runnel.engine.Hub;
import io.runnel.engine.Lane;
import io.runnel.engine.Start;
import io.runnel.engine.SubscriptionRequest;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Publishes one event: into the topic's history, the window, and through a lane's turn to every
 * subscriber's sink, which takes it and does nothing. With {@code -prof gc}: what is allocated
 * depends on the event and not on how many hear of it.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Thread)
public class FanOutBenchmark {
  /** Subscribers of the topic that is published to. */
  @Param({"0", "100", "10000"})
  int subscribers;

  /** Topics that the hub knows, each with something kept. */
  @Param({"1", "90000"})
  int topics;

  private final Hub hub = Hub.inMemory();
  private final Topic topic = new Topic("orders");
  private final Event event = Event.of("x".repeat(128));

  @Setup(Level.Trial)
  public void subscribe() {
    Lane lane = hub.newLane(Runnable::run);
    for (int i = 1; i < topics; i++) hub.publish(new Topic("other/" + i), event);
    for (int i = 0; i < subscribers; i++) {
      lane.subscribe(SubscriptionRequest.of(topic, Start.NOW), new Taker());
    }
  }

  @Benchmark
  public Object publish() {
    return hub.publish(topic, event);
  }
}
