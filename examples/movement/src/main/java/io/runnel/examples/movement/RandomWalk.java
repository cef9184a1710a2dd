package io.runnel.examples.movement;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A walk at random on the field: each step goes up, down, left or right, 1 to {@value
 * #LONGEST_STEP} points far, and never outside.
 *
 * <p>The same generator gives the same walk. Not safe for use by several threads at once.
 */
final class RandomWalk {
  static final int LONGEST_STEP = 99;

  private final RandomGenerator random;
  private Position position;

  /** A walk that starts anywhere on the field. */
  RandomWalk(RandomGenerator random) {
    this(random, anywhere(random));
  }

  RandomWalk(RandomGenerator random, Position start) {
    this.random = random;
    this.position = start;
  }

  /** The walk that {@code lastEventId} left at its position; a new one if it names no position. */
  static RandomWalk resume(RandomGenerator random, @Nullable String lastEventId) {
    return Position.parse(lastEventId)
        .map(start -> new RandomWalk(random, start))
        .orElseGet(() -> new RandomWalk(random));
  }

  Position position() {
    return position;
  }

  /** Goes one step on and tells where it led. */
  Position step() {
    boolean sideways = random.nextBoolean();
    int length = 1 + random.nextInt(LONGEST_STEP);
    int step = random.nextBoolean() ? length : -length;
    position =
        sideways
            ? new Position(turnedAtTheEdge(position.x(), step, Position.WIDTH), position.y())
            : new Position(position.x(), turnedAtTheEdge(position.y(), step, Position.HEIGHT));
    return position;
  }

  /** Turning round, unlike stopping at the edge, keeps every step a step and the edges unloved. */
  private static int turnedAtTheEdge(int from, int step, int size) {
    int to = from + step;
    return to >= 0 && to < size ? to : from - step;
  }

  private static Position anywhere(RandomGenerator random) {
    return new Position(random.nextInt(Position.WIDTH), random.nextInt(Position.HEIGHT));
  }
}
