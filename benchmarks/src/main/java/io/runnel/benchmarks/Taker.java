package io.runnel.benchmarks;

import io.runnel.engine.EventBatch;
import io.runnel.engine.EventSink;
import io.runnel.engine.Opening;

/** A subscriber that takes everything at once: an object for each, as a socket has. */
final class Taker implements EventSink {
  private int taken;

  @Override
  public boolean open(Opening opening) {
    return true;
  }

  @Override
  public boolean write(EventBatch batch) {
    taken += batch.length();
    return taken != -1;
  }

  @Override
  public void end(EndReason reason) {}
}
