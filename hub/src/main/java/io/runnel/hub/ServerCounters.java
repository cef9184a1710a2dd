package io.runnel.hub;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What the server counted: connections and answers. Any thread. */
final class ServerCounters {
  final AtomicInteger connections = new AtomicInteger();
  final LongAdder connectionsRefused = new LongAdder();
  final LongAdder requestTimeouts = new LongAdder();
  final LongAdder idleTimeouts = new LongAdder();
  final LongAdder polls = new LongAdder();

  /** What the streams of HTTP/1.1 keep for sockets that are full, at this moment. */
  final LongAdder queuedBytes = new LongAdder();

  final AtomicInteger webSockets = new AtomicInteger();
  private final ConcurrentSkipListMap<Integer, LongAdder> webSocketCloses =
      new ConcurrentSkipListMap<>();
  final LongAdder http2Floods = new LongAdder();
  final LongAdder handshakesFailed = new LongAdder();
  private final ConcurrentSkipListMap<Integer, LongAdder> answers = new ConcurrentSkipListMap<>();

  /** Of the answers, the many. */
  private final LongAdder answeredOk = new LongAdder();

  ServerCounters() {
    // Shown as 0 from the start, so that an alarm on one of them has something to look at.
    int[] statuses = {
      200, 204, 400, 401, 403, 404, 405, 406, 409, 413, 414, 421, 422, 431, 500, 503, 507
    };
    for (int status : statuses) answers.put(status, new LongAdder());
    answers.put(200, answeredOk);
    for (int code : new int[] {1000, 1001, 1002, 1003, 1006, 1008, 1009, 1011, 1013}) {
      webSocketCloses.put(code, new LongAdder());
    }
  }

  void answered(int status) {
    if (status == 200) {
      answeredOk.increment();
      return;
    }
    answers.computeIfAbsent(status, first -> new LongAdder()).increment();
  }

  void webSocketClosed(int code) {
    webSocketCloses.computeIfAbsent(code, first -> new LongAdder()).increment();
  }

  /** How many answers there were of each status. */
  NavigableMap<Integer, Long> answers() {
    return sums(answers);
  }

  /** How many WebSockets the hub closed with each code. */
  NavigableMap<Integer, Long> webSocketCloses() {
    return sums(webSocketCloses);
  }

  private static NavigableMap<Integer, Long> sums(Map<Integer, LongAdder> counters) {
    var counts = new TreeMap<Integer, Long>();
    counters.forEach((key, count) -> counts.put(key, count.sum()));
    return counts;
  }
}
