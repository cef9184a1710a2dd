package io.runnel.examples.movementservlet;

import io.runnel.servlet.EventSource;
import java.io.IOException;
import java.util.Random;

/**
 * A box that walks for one page, a step every two seconds. Its position is the event's id, so a
 * page that comes back finds the box where it stood. The loop ends when the page has gone: its
 * thread is interrupted.
 */
final class MovingBox implements EventSource {
  static final int WIDTH = 800;
  static final int HEIGHT = 600;
  private static final int LONGEST_STEP = 99;

  private final Random random = new Random();
  private int x = random.nextInt(WIDTH);
  private int y = random.nextInt(HEIGHT);

  @Override
  public void onOpen(Emitter emitter) throws IOException {
    try {
      while (true) {
        emitter.id(x + "," + y);
        emitter.data(x + "," + y);
        Thread.sleep(2000);
        step();
      }
    } catch (InterruptedException pageHasGone) {
      // So nobody looks any more.
    }
  }

  /** Any text may come back as an id; a position that is none is no place to go on from. */
  @Override
  public void onResume(Emitter emitter, String lastEventId) throws IOException {
    if (lastEventId.matches("\\d{1,3},\\d{1,3}")) {
      String[] position = lastEventId.split(",", -1);
      x = Math.min(Integer.parseInt(position[0]), WIDTH - 1);
      y = Math.min(Integer.parseInt(position[1]), HEIGHT - 1);
    }
    onOpen(emitter);
  }

  private void step() {
    int length = 1 + random.nextInt(LONGEST_STEP);
    if (random.nextBoolean()) x = turnedAtTheEdge(x, length, WIDTH);
    else y = turnedAtTheEdge(y, length, HEIGHT);
  }

  private int turnedAtTheEdge(int from, int length, int size) {
    int step = random.nextBoolean() ? length : -length;
    int to = from + step;
    return to >= 0 && to < size ? to : from - step;
  }
}
