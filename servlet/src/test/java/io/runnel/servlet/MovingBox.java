package io.runnel.servlet;

import java.io.IOException;
import java.util.Random;

/**
 * A moving box as it was written in 2013 for Jetty, with other imports: it never asks whether
 * anybody still listens, and takes an interrupt for nothing.
 */
class MovingBox implements EventSource {
  private final int period;
  private int x = 100;
  private int y = 100;

  MovingBox(int period) {
    this.period = period;
  }

  @Override
  public void onOpen(Emitter emitter) throws IOException {
    Random random = new Random();
    while (true) {
      x = Math.max(0, Math.min(800, x + random.nextInt(41) - 20));
      y = Math.max(0, Math.min(600, y + random.nextInt(41) - 20));
      emitter.id(x + "," + y);
      emitter.data(x + "," + y);
      try {
        Thread.sleep(period);
      } catch (InterruptedException e) {
        // as it was written
      }
    }
  }

  @Override
  public void onResume(EventSource.Emitter emitter, String lastEventId) throws IOException {
    String[] position = lastEventId.split(",");
    x = Integer.parseInt(position[0]);
    y = Integer.parseInt(position[1]);
    emitter.event("resumed", lastEventId);
    onOpen(emitter);
  }

  @Override
  public void onClose() {}
}
