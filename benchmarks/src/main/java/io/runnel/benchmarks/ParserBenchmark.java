package io.runnel.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamEncoder;
import io.runnel.eventstream.EventStreamParser;
import io.runnel.eventstream.EventStreamTooLongException;
import java.util.Arrays;
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
import org.openjdk.jmh.infra.Blackhole;

/**
 * Parses one mebibyte of events, read in chunks as from a socket. A score of 1 ms is 1 GiB/s,
 * about.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
@State(Scope.Thread)
public class ParserBenchmark {
  private static final int STREAM_BYTES = 1 << 20;

  /** Characters of data in each event. */
  @Param({"32", "128", "1024", "65536"})
  int eventSize;

  /** Bytes in each chunk that is fed: a small packet, a packet, a socket buffer. */
  @Param({"64", "1460", "65536"})
  int chunkSize;

  /** Characters of data in each line. */
  @Param({"1000000", "80"})
  int lineLength;

  private byte[] stream = {};

  @Setup(Level.Trial)
  public void writeStream() {
    byte[] block = EventStreamEncoder.encode(new Event("move", data(), "1a2b-3c4d"));
    int blocks = Math.max(1, STREAM_BYTES / block.length);
    stream = new byte[blocks * block.length];
    for (int at = 0; at < stream.length; at += block.length) {
      System.arraycopy(block, 0, stream, at, block.length);
    }
  }

  private String data() {
    byte[] data = new byte[eventSize];
    Arrays.fill(data, (byte) 'x');
    for (int i = lineLength; i < eventSize; i += lineLength) data[i] = '\n';
    return new String(data, UTF_8);
  }

  @Benchmark
  public void parse(Blackhole heard) throws EventStreamTooLongException {
    var parser = new EventStreamParser(heard::consume);
    for (int from = 0; from < stream.length; from += chunkSize) {
      parser.feed(stream, from, Math.min(from + chunkSize, stream.length));
    }
  }
}
