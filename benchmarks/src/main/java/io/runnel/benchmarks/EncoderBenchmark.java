package io.runnel.benchmarks;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamEncoder;
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

/** Encodes one event, and makes it: what a publish costs before anybody listens. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
@State(Scope.Thread)
public class EncoderBenchmark {
  /** Characters of data. */
  @Param({"32", "128", "1024", "65536"})
  int eventSize;

  /** One character that the data consists of; beyond Latin-1 its string takes other paths. */
  @Param({"x", "€"})
  String character = "";

  private String data = "";
  private Event event = Event.of("");

  @Setup(Level.Trial)
  public void makeEvent() {
    data = character.repeat(eventSize);
    event = new Event("move", data, "1a2b-3c4d");
  }

  @Benchmark
  public byte[] encode() {
    return EventStreamEncoder.encode(event);
  }

  @Benchmark
  public Event make() {
    return new Event("move", data, "1a2b-3c4d");
  }
}
