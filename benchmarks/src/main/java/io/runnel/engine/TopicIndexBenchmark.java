package io.runnel.engine;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
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
 * From an event to who wants it: the hub's topic by its name, a lane's side of it by reference, and
 * what a topic that is new costs a lane with many patterns.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Thread)
public class TopicIndexBenchmark {
  /** Topics that the hub knows; as many names as events come for. */
  @Param({"1", "1000", "90000"})
  int topics;

  /** Patterns that the lane's subscribers ask for, none of which means a topic here. */
  @Param({"0", "100", "1000"})
  int patterns;

  private Topics known = new Topics(HubSettings.DEFAULT, new LongAdder());
  private LaneInterests interests = new LaneInterests(known, 0);
  private EncodedEvent[] events = {};
  private int next;

  @Setup(Level.Trial)
  public void know() {
    known = new Topics(HubSettings.DEFAULT, new LongAdder());
    interests = new LaneInterests(known, 0);
    for (int i = 0; i < patterns; i++) {
      var unused = interests.of(List.of(new TopicPattern("user/" + i + "/*")));
    }
    events = new EncodedEvent[topics];
    for (int i = 0; i < topics; i++) {
      events[i] = EncodedEvent.of(new Topic("orders/" + i), i + 1, 0, null, new byte[128]);
      TopicState state = known.existing(events[i].topic());
      events[i].topicState = state;
      var unused = interests.topic(state);
    }
  }

  private EncodedEvent nextEvent() {
    if (++next >= topics) next = 0;
    return events[next];
  }

  /** Once for each event: the topic by its name. */
  @Benchmark
  public Object byName() {
    return known.appended(nextEvent());
  }

  /** Once for each event and lane: the lane's side of the topic. */
  @Benchmark
  public Object byReference() {
    return interests.topic(requireNonNull(nextEvent().topicState));
  }

  /** Once for each topic and lane: each pattern is tested. */
  @Benchmark
  public Object newTopic() {
    EncodedEvent event = nextEvent();
    return interests.topic(new TopicState(event.topic(), SlowConsumerPolicy.DISCONNECT));
  }
}
