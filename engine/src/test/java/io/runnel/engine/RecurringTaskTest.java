package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RecurringTaskTest {
  private final List<Throwable> reported = new ArrayList<>();

  /** What the next runs throw; an empty message is none. */
  private final List<String> failures = new ArrayList<>();

  private final RecurringTask task = new RecurringTask(this::fail, reported::add);

  private void fail() {
    String failure = failures.remove(0);
    if (!failure.isEmpty()) throw new AssertionError(failure);
  }

  @Test
  void aTimerGoesOnAfterAnErrorAlsoOfTheReport() throws Exception {
    var runs = new LinkedBlockingQueue<Integer>();
    var broken =
        new RecurringTask(
            () -> {
              runs.add(runs.size());
              throw new StackOverflowError();
            },
            failure -> {
              throw new OutOfMemoryError();
            });
    var timer = Executors.newSingleThreadScheduledExecutor();
    try {
      timer.scheduleWithFixedDelay(broken, 0, 1, TimeUnit.MILLISECONDS);
      for (int i = 0; i < 3; i++) assertThat(runs.poll(60, TimeUnit.SECONDS)).isNotNull();
    } finally {
      timer.shutdownNow();
    }
  }

  @Test
  void ofFailuresInARowTheFirstIsReportedAndEachSixtiethAfterIt() {
    for (int i = 0; i < 121; i++) failures.add("run " + i);
    for (int i = 0; i < 121; i++) task.run();
    assertThat(reported)
        .extracting(Throwable::getMessage)
        .containsExactly("run 0", "run 60", "run 120");
  }

  @Test
  void aFailureAfterASuccessIsReportedAnew() {
    failures.addAll(List.of("1", "", "2", "3"));
    for (int i = 0; i < 4; i++) task.run();
    assertThat(reported).extracting(Throwable::getMessage).containsExactly("1", "2");
  }

  @Test
  void whatFailsWithOneIsDoneWithAllOthersAndThenThrown() {
    var done = new ArrayList<Integer>();
    assertThatThrownBy(
            () ->
                RecurringTask.forEach(
                    List.of(1, 2, 3),
                    each -> {
                      if (each < 3) throw new IllegalStateException("not " + each);
                      done.add(each);
                    }))
        .hasMessage("not 1");
    assertThat(done).containsExactly(3);
  }
}
