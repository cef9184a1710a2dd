package io.runnel.servlet;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What the event streams of a web application count. Any thread. */
final class StreamCounters {
  final AtomicInteger open = new AtomicInteger();
  final LongAdder opened = new LongAdder();
  final LongAdder refused = new LongAdder();
  final LongAdder slow = new LongAdder();
  final LongAdder loggedOut = new LongAdder();
  final LongAdder failed = new LongAdder();
  final LongAdder sourcesFailed = new LongAdder();
  final LongAdder sourcesAbandoned = new LongAdder();
  final LongAdder gateTimeouts = new LongAdder();

  /** Answers that were completed although their client took nothing. */
  final LongAdder lastResorts = new LongAdder();

  /** A stream has ended. */
  void count(StreamEnd why) {
    switch (why) {
      case SLOW -> slow.increment();
      case LOGGED_OUT -> loggedOut.increment();
      case FAILED -> failed.increment();
      default -> {}
    }
  }
}
