package io.runnel.examples.movement;

import io.runnel.engine.Hub;
import io.runnel.engine.Topic;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Walks for one connection each, on topics of their own: {@code movement/walk/1} and so on. Any
 * thread may call it.
 *
 * <p>There are {@value #CAPACITY} such topics at most, used again and again: a topic for every
 * connection there ever was would fill the hub.
 */
final class PrivateWalks {
  static final int CAPACITY = 1_000;

  private final Hub hub;
  private final ScheduledExecutorService scheduler;

  // Guarded by this. The topic that has been free for longest is taken first.
  private final Queue<Topic> free = new ArrayDeque<>();
  private int topics;

  PrivateWalks(Hub hub, ScheduledExecutorService scheduler) {
    this.hub = hub;
    this.scheduler = scheduler;
  }

  /**
   * A walk that nobody else is on, not started yet, or nothing if there are too many.
   *
   * <p>Where {@code lastEventId} is a position the walk goes on from there, which begins with the
   * next step, because the client has seen the position itself. Otherwise it is a new walk.
   */
  Optional<PrivateWalk> walk(@Nullable String lastEventId, Period period) {
    return takeTopic().map(topic -> new PrivateWalk(topic, walker(topic, lastEventId, period)));
  }

  private Walker walker(Topic topic, @Nullable String lastEventId, Period period) {
    var walk = RandomWalk.resume(new SplittableRandom(), lastEventId);
    if (walk.position().toString().equals(lastEventId)) walk.step();
    return new Walker(hub, scheduler, topic, walk, period);
  }

  private synchronized Optional<Topic> takeTopic() {
    if (!free.isEmpty()) return Optional.of(free.remove());
    if (topics == CAPACITY) return Optional.empty();
    return Optional.of(new Topic("movement/walk/" + ++topics));
  }

  private synchronized void giveBack(Topic topic) {
    free.add(topic);
  }

  /** The walk of one connection, which closes it. */
  final class PrivateWalk implements AutoCloseable {
    private final Topic topic;
    private final Walker walker;

    private PrivateWalk(Topic topic, Walker walker) {
      this.topic = topic;
      this.walker = walker;
    }

    Topic topic() {
      return topic;
    }

    void start() {
      walker.start();
    }

    /** To be called once: whoever has the topic next would lose it at a second call. */
    @Override
    public void close() {
      walker.close();
      giveBack(topic);
    }
  }
}
