package io.runnel.engine;

import java.util.ArrayDeque;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

/** A lane's thread: a queue of tasks, run one by one when the simulation says so. */
final class SimulatedLane implements Executor {
  final int number;
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final SplittableRandom random;
  private final boolean losesTasks;
  private Lane lane;

  SimulatedLane(int number, Hub hub, SplittableRandom random, PlantedBug bug) {
    this.number = number;
    this.random = random;
    losesTasks = bug == PlantedBug.LANE_LOSES_A_TASK;
    lane = newLane(hub);
  }

  private Lane newLane(Hub hub) {
    return hub.newLane(this, this, 1 + random.nextInt(3), LaneListener.LOGGING);
  }

  Lane lane() {
    return lane;
  }

  /**
   * The lane is closed, and another one takes its place; what was to be done is done all the same.
   */
  void replace(Hub hub) {
    lane.close();
    lane = newLane(hub);
  }

  @Override
  public void execute(Runnable task) {
    if (losesTasks && random.nextInt(20) == 0) return;
    tasks.add(task);
  }

  /** Runs the next task; false if there is none. */
  boolean runOne() {
    Runnable task = tasks.poll();
    if (task == null) return false;
    task.run();
    return true;
  }
}
