package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.runnel.eventstream.EventStreamEncoder;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Who gets a place among the event streams of a web application, and on which lane; and what those
 * are told for whom there is none. Any thread.
 */
final class Admission {
  private final EventStreamsSettings settings;
  private final StreamCounters counters;
  private final List<StreamLane> lanes;
  private volatile boolean closed;

  Admission(EventStreamsSettings settings, StreamCounters counters, List<StreamLane> lanes) {
    this.settings = settings;
    this.counters = counters;
    this.lanes = lanes;
  }

  /** From now on nobody is admitted. */
  void close() {
    closed = true;
  }

  // ---------------------------------------------------------------- places

  /** The lane of one more stream; null if there is no room for it, which the client was told. */
  @Nullable StreamLane admit(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    requireAsyncSupport(request);
    if (!tryAdmit()) {
      refuse(response);
      return null;
    }
    StreamLane lane = leastLoaded();
    lane.load.incrementAndGet();
    return lane;
  }

  /** Whether there is a place, which is taken then. */
  boolean tryAdmit() {
    if (counters.open.incrementAndGet() <= settings.maxStreams() && !closed) return true;
    counters.open.decrementAndGet();
    return false;
  }

  /** Makes what was admitted; if that fails its place is free again. */
  <T> T admitted(StreamLane lane, Making<T> making) throws IOException {
    boolean made = false;
    try {
      T result = making.make();
      made = true;
      return result;
    } finally {
      if (!made) ended(lane);
    }
  }

  interface Making<T> {
    T make() throws IOException;
  }

  /** The stream is no longer open. */
  void ended(StreamLane lane) {
    lane.load.decrementAndGet();
    counters.open.decrementAndGet();
  }

  StreamLane leastLoaded() {
    return lanes.stream().min(Comparator.comparingInt(lane -> lane.load.get())).orElseThrow();
  }

  /** Says how to allow what an event stream cannot do without. */
  static void requireAsyncSupport(HttpServletRequest request) {
    if (request.isAsyncSupported()) return;
    throw new IllegalStateException(
        "an event stream needs asynchronous requests, which "
            + request.getRequestURI()
            + " does not support: set asyncSupported = true (<async-supported>) on the servlet"
            + " and on every filter before it");
  }

  // ---------------------------------------------------------------- coming back

  /**
   * Answers a request that cannot be served now with 200, a time to come back and nothing else: any
   * other status would make an {@code EventSource} give up for good.
   */
  void refuse(HttpServletResponse response) throws IOException {
    counters.refused.increment();
    String retry = new String(EventStreamEncoder.encodeRetry(comeBackIn()), US_ASCII) + '\n';
    Answer.ofStream(retry.getBytes(US_ASCII)).send(response);
  }

  /** A reconnection time for one client: the least, and up to half as much again. */
  Duration reconnectionTime() {
    long least = settings.reconnectionTime().toMillis();
    return Duration.ofMillis(least + ThreadLocalRandom.current().nextLong(least / 2 + 1));
  }

  /** Spread, so that those who were sent away do not all come back at once. */
  Duration comeBackIn() {
    long least = settings.reconnectionTime().toMillis();
    return Duration.ofMillis(least + ThreadLocalRandom.current().nextLong(4 * least + 1000));
  }
}
