package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.eventstream.Event;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A turn to many subscribers pauses, and what comes in the pauses is joined. */
class TurnTest {
  private static final Topic TOPIC = new Topic("a");

  private final TestHub time = TestHub.keeping(10, Duration.ofSeconds(5));
  private final Hub hub = time.hub;
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final ArrayDeque<Runnable> pauses = new ArrayDeque<>();
  private final Lane lane = hub.newLane(tasks::add, pauses::add, 2, LaneListener.LOGGING);
  private final List<Recorder> recorders = new ArrayList<>();

  private void subscribers(int count) {
    for (int i = 0; i < count; i++) recorders.add(subscribe(new Recorder(), Start.NOW));
  }

  private Recorder subscribe(Recorder recorder, Start start) {
    recorder.subscription = lane.subscribe(SubscriptionRequest.of(TOPIC, start), recorder);
    return recorder;
  }

  private void publish(String... data) {
    for (String each : data) hub.publish(TOPIC, Event.of(each)).join();
  }

  private void runTasks() {
    for (Runnable task; (task = tasks.poll()) != null; ) task.run();
  }

  private void runAll() {
    do {
      runTasks();
      if (!pauses.isEmpty()) pauses.remove().run();
    } while (!tasks.isEmpty() || !pauses.isEmpty());
  }

  private long writes() {
    return hub.statistics().writes();
  }

  @Test
  void aPublisherIsAnsweredInTheMiddleOfATurnAndWhatItSendsOnIsJoined() {
    subscribers(5);
    long before = writes();
    publish("1");
    runTasks();
    assertThat(writes() - before).isEqualTo(2);
    publish("2", "3");
    pauses.remove().run();
    publish("4");
    runAll();
    for (Recorder recorder : recorders) {
      assertThat(recorder.data()).containsExactly("1", "2", "3", "4");
    }
    assertThat(writes() - before).isEqualTo(10);
  }

  @Test
  void aPauseThatBringsManyEventsIsFollowedByAsManyWrites() {
    subscribers(8);
    long before = writes();
    publish("1");
    runTasks();
    publish("2", "3", "4", "5");
    pauses.remove().run();
    assertThat(writes() - before).isEqualTo(6);
    runAll();
    assertThat(recorders.get(0).data()).containsExactly("1", "2", "3", "4", "5");
  }

  @Test
  void whoComesInAPauseMissesNothingOfWhatIsPublishedFromThenOn() {
    subscribers(5);
    publish("1");
    runTasks();
    Recorder late = subscribe(new Recorder(), Start.NOW);
    Recorder oldest = subscribe(new Recorder(), Start.OLDEST);
    publish("2");
    runAll();
    publish("3");
    runAll();
    assertThat(late.data()).containsExactly("2", "3");
    assertThat(oldest.data()).containsExactly("1", "2", "3");
  }

  @Test
  void whoLeavesInAPauseIsNotWrittenToAndMovesNobody() {
    subscribers(5);
    publish("1");
    runTasks();
    for (int i : List.of(0, 4)) recorders.get(i).subscription.close();
    runAll();
    publish("2");
    runAll();
    assertThat(recorders.get(0).data()).isEmpty();
    assertThat(recorders.get(4).data()).containsExactly("1");
    for (int i : List.of(1, 2, 3)) assertThat(recorders.get(i).data()).containsExactly("1", "2");
  }

  /** A subscription takes a turn before it begins. */
  @Test
  void whoLeavesInTheTurnOfASubscriptionIsLetGo() {
    subscribe(
        new Recorder() {
          @Override
          public boolean write(EventBatch batch) {
            if (batch.events() > 0) subscription.close();
            return true;
          }
        },
        Start.NOW);
    publish("1");
    subscribers(1);
    recorders.get(0).subscription.close();
    for (int i = 0; i < 32; i++) {
      time.seconds(1);
      runAll();
    }
    assertThat(hub.statistics().topics()).isZero();
  }

  @Test
  void whoIsHeldUpAndFreeAgainInAPauseGoesOnAfterTheTurn() {
    subscribers(5);
    recorders.get(4).isFull = true;
    publish("1");
    runTasks();
    publish("2");
    recorders.get(4).drain();
    hub.tick();
    runAll();
    for (Recorder recorder : recorders) assertThat(recorder.data()).containsExactly("1", "2");
  }

  @Test
  void sinksAreLookedAtSixteenAtATimeBeforeTheyAreWrittenTo() {
    Lane lane = hub.newLane(tasks::add);
    List<String> seen = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      String name = "" + i;
      lane.subscribe(
          SubscriptionRequest.of(TOPIC, Start.NOW),
          new Recorder() {
            @Override
            public boolean isOpen() {
              return seen.add(name + "?");
            }

            @Override
            public boolean write(EventBatch batch) {
              return seen.add(name);
            }
          });
    }
    runAll();
    seen.clear();
    publish("1");
    runAll();
    List<String> expected = new ArrayList<>();
    for (int i = 19; i >= 4; i--) expected.add(i + "?");
    for (int i = 19; i >= 4; i--) expected.add("" + i);
    for (int i = 3; i >= 0; i--) expected.add(i + "?");
    for (int i = 3; i >= 0; i--) expected.add("" + i);
    assertThat(seen).isEqualTo(expected);
  }

  @Test
  void aSinkThatThrowsWhenItIsLookedAtIsWrittenToLikeAllOthers() {
    subscribers(2);
    Recorder throwing =
        new Recorder() {
          @Override
          public boolean isOpen() {
            throw new IllegalStateException("isOpen throws");
          }
        };
    recorders.add(subscribe(throwing, Start.NOW));
    subscribers(2);
    publish("1");
    runAll();
    for (Recorder recorder : recorders) assertThat(recorder.data()).containsExactly("1");
  }
}
