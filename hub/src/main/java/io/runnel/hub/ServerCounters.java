package io.runnel.hub;

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
  private final ConcurrentSkipListMap<Integer, LongAdder> answers = new ConcurrentSkipListMap<>();

  ServerCounters() {
    // Shown as 0 from the start, so that an alarm on one of them has something to look at.
    for (int status : new int[] {200, 204, 400, 401, 403, 404, 405, 406, 409, 413, 414, 431, 500}) {
      answers.put(status, new LongAdder());
    }
  }

  void answered(int status) {
    answers.computeIfAbsent(status, first -> new LongAdder()).increment();
  }

  /** How many answers there were of each status. */
  NavigableMap<Integer, Long> answers() {
    var counts = new TreeMap<Integer, Long>();
    answers.forEach((status, count) -> counts.put(status, count.sum()));
    return counts;
  }
}
