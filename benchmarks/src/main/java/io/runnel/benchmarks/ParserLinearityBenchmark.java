package io.runnel.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.runnel.eventstream.EventStreamParser;
import io.runnel.eventstream.EventStreamTooLongException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
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
import org.openjdk.jmh.infra.Blackhole;

/**
 * Parses one event in chunks of one byte. Twice the size shall take at most 2.3 times the time: a
 * parser that searches or copies its buffer at every chunk takes four times as long, and hours. The
 * counter {@code cpuMillis}, a sum over all iterations, is the one to compare on a machine that
 * does other things as well.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 15)
@Fork(2)
@State(Scope.Thread)
public class ParserLinearityBenchmark {
  private static final int MIB = 1 << 20;

  @Param({"8", "16"})
  int eventMebibytes;

  /** Whether the event is one line, or lines of 64 bytes. */
  @Param({"true", "false"})
  boolean oneLine;

  private byte[] stream = {};

  /** The time that this thread had a processor, beside the time that passed. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Cpu {
    public double cpuMillis;
  }

  @Setup(Level.Trial)
  public void writeStream() {
    stream = new byte[eventMebibytes * MIB];
    Arrays.fill(stream, (byte) 'x');
    byte[] field = "data: ".getBytes(US_ASCII);
    int lineLength = oneLine ? stream.length - 1 : 64;
    for (int line = 0; line < stream.length - 1; line += lineLength) {
      System.arraycopy(field, 0, stream, line, Math.min(field.length, stream.length - line));
      stream[Math.min(line + lineLength, stream.length - 1) - 1] = '\n';
    }
    stream[stream.length - 1] = '\n';
  }

  @Benchmark
  public void parseByteByByte(Blackhole heard, Cpu cpu) throws EventStreamTooLongException {
    long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    var parser = new EventStreamParser(heard::consume);
    for (int i = 0; i < stream.length; i++) parser.feed(stream, i, i + 1);
    long nanos = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
    cpu.cpuMillis = nanos / 1e6;
  }
}
