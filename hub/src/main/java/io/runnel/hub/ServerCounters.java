package io.runnel.hub;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What the server counted: connections and answers. Any thread. */
final class ServerCounters {
  final AtomicInteger connections = new AtomicInteger();
  final LongAdder connectionsRefused = new LongAdder();
  final LongAdder requestTimeouts = new LongAdder();
  private final LongAdder[] answers = new LongAdder[6];

  ServerCounters() {
    for (int i = 0; i < answers.length; i++) answers[i] = new LongAdder();
  }

  void answered(int status) {
    answers[Math.min(status / 100, 5)].increment();
  }

  /** Answers of a class of status: 2 for 200 to 299. */
  long answers(int statusClass) {
    return answers[statusClass].sum();
  }
}
