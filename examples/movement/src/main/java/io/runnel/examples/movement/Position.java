package io.runnel.examples.movement;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One of the points of the field that the box walks on, written {@code x,y}.
 *
 * @param x from the left edge, 0 to {@value #WIDTH} - 1
 * @param y from the top edge, 0 to {@value #HEIGHT} - 1
 */
record Position(int x, int y) {
  static final int WIDTH = 800;
  static final int HEIGHT = 600;

  /** One spelling for each number: {@code 007,1} was not written by us. */
  private static final Pattern SPELLING =
      Pattern.compile("(0|[1-9][0-9]{0,2}),(0|[1-9][0-9]{0,2})");

  Position {
    if (!isInside(x, y)) {
      throw new IllegalArgumentException(
          x + "," + y + " is outside the field of " + WIDTH + " x " + HEIGHT);
    }
  }

  static boolean isInside(int x, int y) {
    return x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT;
  }

  /**
   * The position that {@code text} spells, or nothing where it spells none: a client may send back
   * any last event ID, also one of another topic or another server.
   */
  static Optional<Position> parse(@Nullable String text) {
    if (text == null) return Optional.empty();
    Matcher spelling = SPELLING.matcher(text);
    if (!spelling.matches()) return Optional.empty();
    int x = Integer.parseInt(spelling.group(1));
    int y = Integer.parseInt(spelling.group(2));
    return isInside(x, y) ? Optional.of(new Position(x, y)) : Optional.empty();
  }

  @Override
  public String toString() {
    return x + "," + y;
  }
}
