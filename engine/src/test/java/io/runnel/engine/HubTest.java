package io.runnel.engine;

import static io.runnel.engine.EventSink.EndReason.COMPLETED;
import static io.runnel.engine.EventSink.EndReason.FAILED;
import static io.runnel.engine.EventSink.EndReason.SHUTDOWN;
import static io.runnel.engine.EventSink.EndReason.SLOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.runnel.engine.SubscriptionRequest.Heartbeat;
import io.runnel.eventstream.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** The rules of a hub that are easier to read as an example than in the simulation. */
class HubTest {
  private static final Topic ORDERS = new Topic("orders");
  private static final Event PLACED = Event.of("placed", "1");

  // ---------------------------------------------------------------- publishing

  @Test
  void refusesAPublishAndSaysWhy() {
    Hub hub = TestHub.with(SlowConsumerPolicy.SKIP, 16, 16).hub;
    assertRefused(
        hub,
        Event.of("runnel.gap", "x"),
        "event type \"runnel.gap\" is reserved: types that start with \"runnel.\" are the hub's"
            + " own");
    assertRefused(
        hub, PLACED.withId(""), "empty event id: it would make subscribers forget their cursor");
    assertRefused(
        hub, PLACED.withId("ü".repeat(129)), "event id of 258 bytes is over the limit of 256");
    for (String id : List.of("a\tb", "\u0001", "\u007f", " a", "a ")) {
      assertRefused(
          hub,
          PLACED.withId(id),
          "event id has a control character, or a space at an end, unfit for a header");
    }
    String cursor = hub.cursor();
    assertRefused(
        hub,
        PLACED.withId(cursor),
        "event id \"" + cursor + "\" has the form of the hub's own ids");
    assertRefused(hub, Event.of("x".repeat(100)), "event of 108 bytes is over the limit of 64");
    assertThat(hub.statistics().refused()).isEqualTo(10);
    assertThat(hub.statistics().published()).isZero();
  }

  private static void assertRefused(Hub hub, Event event, String why) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> hub.publish(ORDERS, event))
        .withMessage(why);
  }

  @Test
  void acceptsAnIdOfAnotherEpochAndOneOf256Bytes() {
    var hub = new TestHub();
    assertThat(hub.publish("orders", PLACED.withId("00000000-1")).join().id())
        .isEqualTo("00000000-1");
    assertThat(hub.publish("orders", PLACED.withId("x".repeat(256))).join().kept())
        .isEqualTo(Kept.MEMORY);
  }

  @Test
  void refusesATopicTooManyAndKnowsTheOldOnesStill() {
    TestHub hub = TestHub.with(SlowConsumerPolicy.SKIP, 16, 16);
    hub.publish("a", "1");
    hub.publish("b", "1");
    hub.subscribe("c", Start.NOW);
    assertThatExceptionOfType(TooManyTopicsException.class).isThrownBy(() -> hub.publish("d", "1"));
    assertThatExceptionOfType(TooManyTopicsException.class)
        .isThrownBy(() -> hub.subscribe("a d", Start.NOW));
    hub.publish("a", "2");
    hub.publish("c", "2");
    assertThat(hub.hub.statistics().topics()).isEqualTo(3);
    assertThat(hub.hub.statistics().subscriptions()).isEqualTo(1);
  }

  @Test
  void refusesASubscriptionToTooManyTopics() {
    TestHub hub = TestHub.with(SlowConsumerPolicy.SKIP, 16, 16);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> hub.subscribe("a b c d", Start.NOW))
        .withMessage("4 topics are over the limit of 3 a subscription");
    assertThat(hub.hub.statistics().subscriptions()).isZero();
  }

  @Test
  void aClosedHubTakesNothing() {
    var hub = new TestHub();
    hub.hub.close();
    assertThatExceptionOfType(HubClosedException.class).isThrownBy(() -> hub.publish("a", "1"));
  }

  @Test
  void hasAtMost64Lanes() {
    Hub hub = Hub.inMemory();
    for (int i = 0; i < 64; i++) hub.newLane(Runnable::run);
    assertThatIllegalStateException().isThrownBy(() -> hub.newLane(Runnable::run));
  }

  @Test
  void aLaneThatIsClosedMakesRoomAndWhatItCountedStays() {
    var hub = new TestHub();
    hub.publish("kept/1", "1");
    for (int i = 0; i < 200; i++) {
      Lane lane = hub.hub.newLane(hub.tasks::add);
      var recorder = new Recorder();
      lane.subscribe(
          SubscriptionRequest.of(List.of(new TopicPattern("kept/*")), Start.OLDEST), recorder);
      hub.run();
      hub.publish("kept/2", "n" + i);
      assertThat(recorder.data()).endsWith("n" + i).hasSize(2 + i);
      lane.close();
      hub.run();
      assertThat(recorder.end()).isEqualTo(SHUTDOWN);
      assertThatIllegalStateException()
          .isThrownBy(
              () -> lane.subscribe(SubscriptionRequest.of(ORDERS, Start.NOW), new Recorder()))
          .withMessage("the lane is closed");
    }
    assertThat(hub.hub.statistics().subscriptions()).isZero();
    assertThat(hub.hub.statistics().opened()).isEqualTo(200);
    Recorder other = hub.subscribe("kept/*", Start.NOW);
    hub.publish("kept/1", "last");
    assertThat(other.data()).containsExactly("last");
  }

  @Test
  void aLaneMayBeClosedByOneOfItsSinksInTheMiddleOfATurn() {
    var hub = new TestHub();
    var closing =
        new Recorder() {
          @Override
          public boolean write(EventBatch batch) {
            if (batch.events() > 0) hub.lane.close();
            return super.write(batch);
          }
        };
    Recorder other = hub.subscribe("a", Start.NOW);
    hub.subscribe("a", Start.NOW, closing);
    hub.publish("a", "1");
    assertThat(other.data()).containsExactly("1");
    assertThat(other.end()).isEqualTo(SHUTDOWN);
    assertThat(closing.end()).isEqualTo(SHUTDOWN);
  }

  @Test
  void whatASinkThrowsIsToldToTheListenerOfItsLane() {
    var hub = new TestHub();
    List<String> heard = new ArrayList<>();
    Lane lane =
        hub.hub.newLane(hub.tasks::add, (sink, failure) -> heard.add(sink + failure.getMessage()));
    for (String where : List.of("open", "write", "end")) {
      lane.subscribe(SubscriptionRequest.of(ORDERS, Start.NOW), new ThrowingSink(where));
    }
    Recorder other = hub.subscribe("orders", Start.NOW);
    hub.publish("orders", "1");
    assertThat(heard).containsExactly("sink of open", "sink of write");
    hub.hub.drain(Duration.ZERO);
    hub.run();
    assertThat(heard).containsExactly("sink of open", "sink of write", "sink of end");
    assertThat(other.data()).containsExactly("1");
  }

  private record ThrowingSink(String where) implements EventSink {
    @Override
    public boolean open(Opening opening) {
      return step("open");
    }

    @Override
    public boolean write(EventBatch batch) {
      return batch.events() == 0 || step("write");
    }

    @Override
    public void end(EndReason reason) {
      if (reason == SHUTDOWN) step("end");
    }

    private boolean step(String step) {
      if (step.equals(where)) throw new IllegalStateException(" of " + where);
      return true;
    }

    @Override
    public String toString() {
      return "sink";
    }
  }

  // ---------------------------------------------------------------- what is sent

  @Test
  void opensWithItsCursorAndThenSendsWhatIsPublished() {
    var hub = new TestHub();
    hub.publish("orders", "before");
    Recorder recorder = hub.subscribe("orders", Start.NOW);
    hub.publish("orders", PLACED);
    hub.publish("other", "2");
    hub.publish("orders", Event.of("3").withId("10,20"));
    assertThat(recorder.text())
        .isEqualTo(
            """
            retry: N
            id: EPOCH-1
            event: runnel.open
            data: {"recovered":null,"heartbeat":15000}

            id: EPOCH-2
            event: placed
            data: 1

            id: 10,20
            data: 3

            """
                .replace("EPOCH", hub.hub.epoch()));
  }

  @Test
  void theReconnectionTimeIsTheLeastAndUpToHalfAsMuchAgain() {
    var hub = new TestHub();
    var times = new ArrayList<Long>();
    for (int i = 0; i < 200; i++) {
      times.add(hub.hub.reconnectionTime(hub.lane.random).toMillis());
    }
    assertThat(times).allMatch(time -> time >= 2000 && time <= 3000);
    assertThat(times.stream().distinct().count()).isGreaterThan(100);
  }

  @Test
  void resumesAfterItsCursor() {
    var hub = new TestHub();
    hub.publish("a", "1", "2", "3");
    Recorder recorder = hub.subscribe("a", Start.after(hub.at(1)));
    assertThat(recorder.openings()).containsExactly(new Opening(hub.at(1), true, false));
    assertThat(recorder.data()).containsExactly("2", "3");
  }

  @Test
  void resumesAfterTheOldestEventKeptUnderAPublishersId() {
    var hub = new TestHub();
    for (String id : List.of("0,0", "1,0", "0,0", "0,1")) {
      hub.publish("box", Event.of(id).withId(id));
    }
    assertThat(hub.subscribe("box", Start.after("0,0")).data())
        .containsExactly("1,0", "0,0", "0,1");
    assertThat(hub.subscribe("box", Start.after("0,1")).data()).isEmpty();
  }

  @Test
  void oldestIsAllThatIsKeptAndLatestTheNewestOfEachTopic() {
    TestHub hub = TestHub.keeping(2, Duration.ofDays(1));
    hub.publish("a", "1", "2", "3");
    hub.publish("b", "4", "5");
    assertThat(hub.subscribe("a b", Start.OLDEST).data()).containsExactly("2", "3", "4", "5");
    assertThat(hub.subscribe("**", Start.LATEST).data()).containsExactly("3", "5");
    assertThat(hub.subscribe("**", Start.NOW).data()).isEmpty();
    assertThat(hub.hub.statistics().gaps()).isZero();
  }

  @Test
  void aGapSaysWhyAndFromWhereAndHowMany() {
    TestHub hub = TestHub.keeping(2, Duration.ofDays(1));
    hub.publish("a", "1", "2", "3", "4");
    assertThat(gap(hub, hub.at(1)))
        .isEqualTo("{\"reason\":\"trimmed\",\"first\":\"" + hub.at(3) + "\",\"missed\":1}");
    assertThat(gap(hub, "nothing"))
        .isEqualTo("{\"reason\":\"unknown\",\"first\":\"" + hub.at(3) + "\",\"missed\":null}");
    assertThat(gap(hub, hub.at(5)))
        .isEqualTo("{\"reason\":\"unknown\",\"first\":\"" + hub.at(3) + "\",\"missed\":null}");
    assertThat(gap(hub, "00000000-1"))
        .isEqualTo("{\"reason\":\"epoch\",\"first\":\"" + hub.at(3) + "\",\"missed\":null}");
    assertThat(gap(hub, "\u0001"))
        .isEqualTo("{\"reason\":\"malformed\",\"first\":\"" + hub.at(3) + "\",\"missed\":null}");
    assertThat(gap(hub, "x".repeat(1 << 20))).startsWith("{\"reason\":\"malformed\"");
    assertThat(gap(hub, hub.at(2))).isEmpty();
    assertThat(gap(hub, hub.at(4))).isEmpty();
  }

  @Test
  void aPublishersIdThatMayHaveStoodElsewhereIsAnAmbiguousGap() {
    TestHub hub = TestHub.keeping(2, Duration.ofDays(1));
    for (String id : List.of("x", "y", "x")) hub.publish("a", Event.of(id).withId(id));
    assertThat(gap(hub, "x"))
        .isEqualTo("{\"reason\":\"ambiguous\",\"first\":null,\"missed\":null}");
  }

  private static String gap(TestHub hub, String cursor) {
    String text = hub.subscribe("a", Start.after(cursor)).text();
    int gap = text.indexOf("event: runnel.gap\ndata: ");
    return gap < 0 ? "" : text.substring(gap + 24, text.indexOf('\n', gap + 24));
  }

  // ---------------------------------------------------------------- topics that are forgotten

  /** The events are still in the window, but under the topic's earlier state. */
  @Test
  void aTopicThatWasForgottenAndCameBackSaysItsGap() {
    TestHub hub = TestHub.keeping(10, Duration.ofSeconds(5));
    hub.publish("a", "1", "2", "3");
    hub.seconds(32);
    assertThat(hub.hub.statistics().topics()).isZero();
    assertThat(gap(hub, hub.at(1)))
        .isEqualTo("{\"reason\":\"trimmed\",\"first\":null,\"missed\":2}");
  }

  @Test
  void aTopicIsNotForgottenBeforeEveryLaneHasSeenItsLastEvent() {
    TestHub hub = TestHub.keeping(10, Duration.ofSeconds(5));
    var tasks = new ArrayList<Runnable>();
    Lane busy = hub.hub.newLane(tasks::add);
    var recorder = new Recorder();
    busy.subscribe(SubscriptionRequest.of(List.of(TopicPattern.ALL), Start.NOW), recorder);
    hub.publish("a", "1");
    hub.seconds(64);
    for (int i = 0; i < tasks.size(); i++) tasks.get(i).run();
    assertThat(recorder.data()).containsExactly("1");
  }

  @Test
  void aPatternSaysTheGapOfATopicThatIsForgotten() {
    TestHub hub = TestHub.keeping(10, Duration.ofSeconds(5));
    hub.publish("x/1", "1", "2");
    hub.seconds(32);
    assertThat(hub.subscribe("x/*", Start.after(hub.at(1))).text())
        .contains("data: {\"reason\":\"trimmed\",\"first\":null,\"missed\":null}\n");
    assertThat(hub.subscribe("x/*", Start.after(hub.at(2))).text()).doesNotContain("runnel.gap");
    assertThat(hub.subscribe("y/*", Start.after(hub.at(1))).text()).doesNotContain("runnel.gap");
  }

  // ---------------------------------------------------------------- slow consumers

  @Test
  void theBacklogIsWhoStandsBehindAndHowFar() {
    var hub = new TestHub();
    hub.subscribe("orders", Start.NOW);
    var full = hub.subscribe("orders", Start.NOW);
    full.isFull = true;
    hub.publish("orders", "a", "b", "c");
    hub.seconds(1);
    assertThat(hub.hub.backlog()).isEqualTo(new Backlog(1, 2));
    full.drain();
    hub.run();
    hub.seconds(1);
    assertThat(hub.hub.backlog()).isEqualTo(new Backlog(0, 0));
  }

  @Test
  void topicsAreListedTheLastPublishedToFirst() {
    var hub = TestHub.keeping(1, Duration.ofDays(1));
    hub.publish("a", "1");
    hub.publish("b", "2", "3");
    hub.complete("a");
    assertThat(hub.hub.topics(10))
        .containsExactly(
            new TopicStatistics(new Topic("a"), 4, 0, true),
            new TopicStatistics(new Topic("b"), 3, 2, false));
    assertThat(hub.hub.topics(1))
        .extracting(TopicStatistics::topic)
        .containsExactly(new Topic("a"));
    assertThat(hub.hub.topic(new Topic("c"))).isEmpty();
  }

  @Test
  void whoIsHeldUpGetsNothingMoreUntilItsSinkIsWritable() {
    var hub = new TestHub();
    Recorder recorder = hub.subscribe("a", Start.NOW);
    recorder.isFull = true;
    hub.publish("a", "1", "2", "3");
    assertThat(recorder.data()).containsExactly("1");
    recorder.drain();
    hub.run();
    assertThat(recorder.data()).containsExactly("1", "2", "3");
    assertThat(hub.hub.statistics().heldUp()).isEqualTo(1);
    assertThat(hub.hub.statistics().gaps()).isZero();
  }

  /** A socket that is drained while it is written to may say so before the write has returned. */
  @Test
  void aSinkMayBecomeWritableWhileItIsWrittenTo() {
    var hub = new TestHub();
    var recorder =
        new Recorder() {
          @Override
          public boolean write(EventBatch batch) {
            super.write(batch);
            if (!isFull || subscription == null) return true;
            isFull = false;
            subscription.writable();
            return false;
          }
        };
    hub.subscribe("a", Start.NOW, recorder);
    recorder.isFull = true;
    hub.seconds(15); // A heartbeat is written outside of a turn.
    hub.publish("a", "1");
    recorder.isFull = true;
    hub.publish("a", "2", "3");
    assertThat(recorder.data()).containsExactly("1", "2", "3");
  }

  @Test
  void whoMissesSomethingIsDisconnectedOrGoesOnByThePolicyOfItsTopic() {
    assertThat(slow(SlowConsumerPolicy.DISCONNECT)).isEqualTo("[1] SLOW");
    assertThat(slow(SlowConsumerPolicy.SKIP)).isEqualTo("[1, gap null, 6, 7] null");
    assertThat(slow(SlowConsumerPolicy.LATEST)).isEqualTo("[1, gap null, 7] null");
  }

  /** Two are kept, and the window is as small: too small to count what is missing. */
  private static String slow(SlowConsumerPolicy policy) {
    TestHub hub = TestHub.with(policy, 2, 2);
    Recorder recorder = hub.subscribe("a", Start.NOW);
    recorder.isFull = true;
    hub.publish("a", "1", "2", "3", "4", "5", "6", "7");
    recorder.drain();
    hub.run();
    List<String> got = new ArrayList<>();
    for (String block : recorder.text().split("\n\n")) {
      String data = block.substring(block.indexOf("data: ") + 6);
      if (block.contains("runnel.gap"))
        data = "gap " + data.replaceAll("\\D*\"missed\":|}|.*first.*,", "");
      if (!block.contains("runnel.open")) got.add(data);
    }
    return got + " " + recorder.end();
  }

  @Test
  void latestGivesTheNewestEventAlsoWhenTheTopicIsCompleteMeanwhile() {
    TestHub hub = TestHub.with(SlowConsumerPolicy.LATEST, 16, 16);
    Recorder recorder = hub.subscribe("a", Start.NOW);
    recorder.isFull = true;
    hub.publish("a", "1", "2", "3");
    hub.complete("a");
    recorder.drain();
    hub.run();
    assertThat(recorder.data()).containsExactly("1", "3");
    assertThat(recorder.end()).isEqualTo(COMPLETED);
  }

  @Test
  void whoTakesNothingForTooLongIsDisconnected() {
    var hub = new TestHub();
    Recorder recorder = hub.subscribe("a", Start.NOW);
    recorder.isFull = true;
    hub.publish("a", "1");
    hub.seconds(59);
    assertThat(recorder.end()).isNull();
    hub.seconds(1);
    assertThat(recorder.end()).isEqualTo(SLOW);
    assertThat(hub.hub.statistics().slowDisconnects()).isEqualTo(1);
    assertThat(hub.hub.statistics().subscriptions()).isZero();
  }

  /** Its disk may be full: whoever is connected is not to notice. */
  @Test
  void aHistoryThatFailsAtItsUpkeepKeepsNobodyFromItsHeartbeats() {
    var hub = new TestHub();
    Recorder recorder = hub.subscribe("a", Start.NOW);
    hub.breakClock();
    for (int i = 0; i < 15; i++) {
      assertThatIllegalStateException().isThrownBy(() -> hub.seconds(1));
      hub.run();
    }
    assertThat(recorder.text()).endsWith("\n\n:\n\n");
  }

  @Test
  void whoTakesALargeEventSlowlyHasTheWriteTimeoutAnewWithEachPartOfIt() {
    var taken = new AtomicBoolean();
    var hub = new TestHub();
    Recorder recorder =
        hub.subscribe(
            "a",
            Start.NOW,
            new Recorder() {
              @Override
              public boolean hasTakenSome() {
                return taken.getAndSet(false);
              }
            });
    recorder.isFull = true;
    hub.publish("a", "1");
    hub.seconds(40);
    taken.set(true);
    hub.seconds(60);
    assertThat(recorder.end()).isNull();
    hub.seconds(1);
    assertThat(recorder.end()).isEqualTo(SLOW);
  }

  // ---------------------------------------------------------------- completing

  @Test
  void aCompleteTopicEndsItsSubscribersAndLaterOnesGetWhatIsKept() {
    var hub = new TestHub();
    Recorder live = hub.subscribe("a", Start.NOW);
    Recorder both = hub.subscribe("a b", Start.NOW);
    hub.publish("a", "1", "2");
    hub.complete("a");
    assertThat(live.end()).isEqualTo(COMPLETED);
    assertThat(both.end()).isNull();
    Recorder later = hub.subscribe("a", Start.NOW);
    assertThat(later.data()).containsExactly("1", "2");
    assertThat(later.end()).isEqualTo(COMPLETED);
    hub.complete("b");
    assertThat(both.end()).isEqualTo(COMPLETED);
    assertThat(both.data()).containsExactly("1", "2");
  }

  @Test
  void aResumingSubscriberThatHasItAllIsToldSo() {
    var hub = new TestHub();
    hub.publish("a", "1", "2");
    hub.complete("a");
    assertThat(hub.subscribe("a", Start.after(hub.at(2))).openings())
        .containsExactly(new Opening(hub.at(2), true, true));
    assertThat(hub.subscribe("a", Start.after(hub.at(1))).openings())
        .containsExactly(new Opening(hub.at(1), true, false));
  }

  @Test
  void aSinkThatHasSaidItAllInItsOpeningIsNotCalledAgain() {
    var hub = new TestHub();
    hub.complete("a");
    var recorder =
        new Recorder() {
          @Override
          public boolean open(Opening opening) {
            super.open(opening);
            return false;
          }
        };
    hub.subscribe("a", Start.OLDEST, recorder);
    assertThat(recorder.openings()).hasSize(1);
    assertThat(recorder.text()).isEmpty();
    assertThat(recorder.end()).isNull();
    assertThat(hub.hub.statistics().subscriptions()).isZero();
  }

  // ---------------------------------------------------------------- time

  @Test
  void aQuietStreamShowsThatItLives() {
    var hub = new TestHub();
    Recorder comments = hub.subscribe("a", Start.NOW);
    var events = new Recorder();
    hub.lane.subscribe(
        new SubscriptionRequest(List.of(new TopicPattern("b")), Start.NOW, false, Heartbeat.EVENT),
        events);
    comments.text();
    assertThat(events.text()).isEqualTo("retry: N\n");
    hub.seconds(14);
    assertThat(comments.text() + events.text()).isEmpty();
    hub.publish("a", "1");
    comments.text();
    hub.seconds(1);
    assertThat(comments.text()).isEmpty();
    assertThat(events.text()).isEqualTo("event: runnel.heartbeat\ndata: {}\n\n");
    hub.seconds(14);
    assertThat(comments.text()).isEqualTo(":\n\n");
    assertThat(hub.hub.statistics().heartbeats()).isEqualTo(2);
  }

  @Test
  void aClockThatIsSetBackHoldsUpNoHeartbeatAndNoTimeout() {
    var hub = new TestHub();
    Recorder quiet = hub.subscribe("a", Start.NOW);
    Recorder full = hub.subscribe("b", Start.NOW);
    full.isFull = true;
    hub.publish("b", "1");
    quiet.text();
    hub.setClockBy(Duration.ofHours(-1));
    hub.seconds(15);
    assertThat(quiet.text()).isEqualTo(":\n\n");
    hub.seconds(45);
    assertThat(full.end()).isEqualTo(SLOW);
  }

  @Test
  void aClockThatIsSetForwardCutsNobody() {
    var hub = new TestHub();
    Recorder full = hub.subscribe("a", Start.NOW);
    full.isFull = true;
    hub.publish("a", "1");
    Recorder quiet = hub.subscribe("b", Start.NOW);
    quiet.text();
    hub.setClockBy(Duration.ofHours(1));
    hub.seconds(14);
    assertThat(quiet.text()).isEmpty();
    hub.seconds(45);
    assertThat(full.end()).isNull();
    full.drain();
    hub.publish("a", "2");
    assertThat(full.data()).containsExactly("1", "2");
  }

  @Test
  void aClockThatIsSetNeitherShortensADrainNorKeepsItFromItsEnd() {
    for (int hours : new int[] {-1, 1}) {
      var hub = new TestHub();
      for (int i = 0; i < 10; i++) hub.subscribe("a", Start.NOW);
      hub.hub.drain(Duration.ofSeconds(4));
      hub.run();
      hub.setClockBy(Duration.ofHours(hours));
      hub.seconds(1);
      assertThat(hub.hub.statistics().subscriptions()).isEqualTo(6);
      hub.seconds(3);
      assertThat(hub.hub.statistics().subscriptions()).isZero();
    }
  }

  @Test
  void aDrainSpreadsItsClosesAndSaysWhenToComeBack() {
    var hub = new TestHub();
    List<Recorder> recorders = new ArrayList<>();
    for (int i = 0; i < 10; i++) recorders.add(hub.subscribe("a", Start.NOW));
    recorders.forEach(Recorder::text);
    hub.hub.drain(Duration.ofSeconds(4));
    hub.run();
    List<Integer> open = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      open.add(hub.hub.statistics().subscriptions());
      hub.seconds(1);
    }
    assertThat(open).containsExactly(8, 6, 4, 2, 0);
    assertThat(recorders).allMatch(recorder -> recorder.end() == SHUTDOWN);
    assertThat(recorders).allMatch(recorder -> recorder.text().equals("retry: N\n"));
  }

  // ---------------------------------------------------------------- lanes

  @Test
  void aLaneThatFallsOutOfTheWindowReadsTheHistory() {
    TestHub hub = TestHub.with(SlowConsumerPolicy.SKIP, 2, 100);
    Recorder recorder = hub.subscribe("a", Start.NOW);
    for (int i = 1; i <= 9; i++) hub.hub.publish(new Topic("a"), Event.of("" + i));
    hub.run();
    assertThat(recorder.data()).containsExactly("1", "2", "3", "4", "5", "6", "7", "8", "9");
    assertThat(hub.hub.statistics().lanesBehind()).isEqualTo(1);
    assertThat(hub.hub.statistics().gaps()).isZero();
  }

  @Test
  void aLaneThatNothingConcernsDoesNotFallOutOfTheWindow() {
    TestHub hub = TestHub.with(SlowConsumerPolicy.SKIP, 16, 100);
    hub.subscribe("b", Start.NOW);
    for (int i = 1; i <= 200; i++) hub.publish("a", "" + i);
    assertThat(hub.hub.recent().head() - hub.lane.position()).isLessThanOrEqualTo(8);
    assertThat(hub.hub.statistics().lanesBehind()).isZero();
  }

  @Test
  void whatIsPublishedMeanwhileIsJoinedIntoOneWrite() {
    var hub = new TestHub();
    Recorder recorder = hub.subscribe("a b", Start.NOW);
    long writes = hub.hub.statistics().writes();
    for (int i = 0; i < 10; i++) hub.hub.publish(new Topic(i % 2 == 0 ? "a" : "b"), PLACED);
    assertThat(hub.tasks).hasSize(1);
    hub.run();
    assertThat(hub.hub.statistics().writes() - writes).isEqualTo(1);
    assertThat(recorder.data()).hasSize(10);
  }

  @Test
  void aSinkMaySubscribeCloseAndEndOthersInTheMiddleOfATurn() {
    var hub = new TestHub();
    var inner = new Recorder();
    var first =
        new Recorder() {
          @Override
          public boolean write(EventBatch batch) {
            if (subscription != null && subscription.isOpen() && batch.events() > 0) {
              hub.lane.subscribe(
                  SubscriptionRequest.of(List.of(TopicPattern.ALL), Start.NOW), inner);
              subscription.close();
            }
            return super.write(batch);
          }
        };
    hub.subscribe("a", Start.NOW, first);
    Recorder second = hub.subscribe("*", Start.NOW);
    hub.publish("a", "1", "2");
    assertThat(first.data()).containsExactly("1");
    assertThat(second.data()).containsExactly("1", "2");
    assertThat(inner.data()).containsExactly("2");
  }

  /** As it is subscribed by another's sink, it begins when that one's task is over. */
  @Test
  void whoIsWritableBeforeItHasBegunStillBeginsWhereItAskedTo() {
    var hub = new TestHub();
    hub.publish("a", "1", "2");
    var inner = new Recorder();
    var outer =
        new Recorder() {
          @Override
          public boolean open(Opening opening) {
            SubscriptionRequest request = SubscriptionRequest.of(new Topic("a"), Start.NOW);
            inner.subscription = hub.lane.subscribe(request, inner);
            inner.subscription.writable();
            return super.open(opening);
          }
        };
    hub.subscribe("b", Start.NOW, outer);
    hub.publish("a", "3");
    assertThat(inner.openings()).hasSize(1);
    assertThat(inner.data()).containsExactly("3");
  }

  @Test
  void aLaneWhoseThreadHasStoppedHarmsNobody() {
    var hub = new TestHub();
    hub.hub
        .newLane(
            task -> {
              throw new RejectedExecutionException("stopped");
            })
        .subscribe(SubscriptionRequest.of(new Topic("a"), Start.NOW), new Recorder());
    Recorder recorder = hub.subscribe("a", Start.NOW);
    assertThat(hub.publish("a", PLACED).join().kept()).isEqualTo(Kept.MEMORY);
    hub.seconds(1);
    assertThat(recorder.data()).containsExactly("1");
  }

  @Test
  void countsWhatItDoes() {
    var hub = new TestHub();
    hub.publish("a", "1");
    hub.subscribe("a", Start.OLDEST);
    hub.subscribe("a", Start.after(hub.at(1)));
    hub.publish("a", "22");
    HubStatistics statistics = hub.hub.statistics();
    assertThat(statistics)
        .isEqualTo(
            new HubStatistics(
                1, 2, 2, 0, 2, 1, 3, 4, statistics.bytes(), 0, 0, 0, 0, 0, statistics.history()));
    assertThat(statistics.bytes()).isPositive();
  }

  @Test
  void aSinkThatThrowsEndsItsOwnSubscriptionAndNoOther() {
    var hub = new TestHub();
    Recorder before = hub.subscribe("orders", Start.NOW);
    Recorder atOpening = hub.subscribe("orders", Start.NOW, new Throwing("open"));
    Recorder atWriting = hub.subscribe("orders", Start.NOW, new Throwing("write"));
    Recorder resuming = hub.subscribe("orders", Start.OLDEST, new Throwing("write"));
    Recorder after = hub.subscribe("orders other", Start.NOW);
    hub.publish("orders", "1", "2");
    hub.publish("other", "3");
    assertThat(before.data()).containsExactly("1", "2");
    assertThat(after.data()).containsExactly("1", "2", "3");
    for (Recorder thrower : List.of(atOpening, atWriting, resuming)) {
      assertThat(thrower.end()).isEqualTo(FAILED);
      assertThat(thrower.data()).isEmpty();
    }
    assertThat(hub.hub.statistics().subscriptions()).isEqualTo(2);
    hub.complete("orders");
    assertThat(before.end()).isEqualTo(COMPLETED);
  }

  /** Throws from one of its methods, and from its end in any case. */
  private static final class Throwing extends Recorder {
    private final String method;
    private int writes;

    Throwing(String method) {
      this.method = method;
    }

    @Override
    public boolean open(Opening opening) {
      if (method.equals("open")) throw new IllegalStateException("open throws");
      return super.open(opening);
    }

    /** Not the opening, but what is published. */
    @Override
    public boolean write(EventBatch batch) {
      if (writes++ > 0) throw new IllegalStateException("write throws");
      return true;
    }

    @Override
    public void end(EndReason reason) {
      super.end(reason);
      throw new IllegalStateException("end throws");
    }
  }
}
