package io.runnel.spring;

import java.time.Duration;

/** Streams that a stopping application releases. */
interface StreamDrain extends StreamCounts {
  /** Takes no new streams and ends those that are open, spread over the time. Returns at once. */
  void drain(Duration over);
}
