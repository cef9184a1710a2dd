package io.runnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.client.ConnectionFailedException.Reason;
import io.runnel.client.EventSource.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The state machine in virtual time: delays, liveness, demand and their races, exactly. */
class ReconnectingStreamTest {
  private final VirtualWorld world = new VirtualWorld();
  private final Recorder told = new Recorder();

  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  /** After how many milliseconds the next attempt came. */
  private long millisUntilNextAttempt() {
    int before = world.links.size();
    for (long passed = 1; passed <= 1_000_000; passed++) {
      world.pass(millis(1));
      if (world.links.size() > before) return passed;
    }
    return -1;
  }

  @Test
  void theReconnectionTimeOfTheServerIsWaitedAndDoubledUntilAConnectionLasts() {
    var source = world.source().start(told);
    world.last().open().send("retry: 2000\n\n").end(Reason.ENDED);
    var delays = new ArrayList<Long>();
    delays.add(millisUntilNextAttempt());
    world.last().end(Reason.NETWORK);
    delays.add(millisUntilNextAttempt());
    world.last().open();
    world.pass(millis(9_999));
    world.last().end(Reason.NETWORK);
    delays.add(millisUntilNextAttempt());
    world.last().open();
    world.pass(millis(10_000));
    world.last().end(Reason.NETWORK);
    delays.add(millisUntilNextAttempt());
    assertThat(delays).containsExactly(2000L, 4000L, 8000L, 2000L);
    source.close();
    assertThat(world.timers()).isZero();
  }

  @Test
  void retryIsClampedAndWhatIsNoNumberIsIgnored() {
    var source = world.source().start(told);
    world.last().open();
    var times = new ArrayList<Duration>();
    for (String retry :
        List.of("0", "99999999999999999999999", "1234", "-5", "1.5", "", "٣", "0000700")) {
      world.last().send("retry: " + retry + "\n\n");
      times.add(source.reconnectionTime());
    }
    assertThat(times)
        .containsExactly(
            millis(500),
            Duration.ofMinutes(5),
            millis(1234),
            millis(1234),
            millis(1234),
            millis(1234),
            millis(1234),
            millis(700));
  }

  @Test
  void threeHeartbeatsOfSilenceReconnectAndEachByteCounts() throws Exception {
    world.source().start(told);
    world.last().open();
    world.pass(millis(44_999));
    world.last().send(":");
    world.pass(millis(44_999));
    assertThat(told.next(1)).containsExactly("opened /");
    assertThat(told.waiting()).isZero();
    world.pass(millis(1));
    assertThat(told.next(1)).containsExactly("interrupted SILENT");
    assertThat(world.last().isCancelled).isTrue();
  }

  @Test
  void aHubSaysHowLongSilenceMayLastUnlessTheCallerDid() throws Exception {
    String open = "event: runnel.open\ndata: {\"recovered\":null,\"heartbeat\":2000}\n\n";
    world.source().start(told);
    world.last().open().send(open);
    world.pass(millis(5_999));
    assertThat(told.waiting()).isEqualTo(1);
    world.pass(millis(1));
    assertThat(told.next(2)).containsExactly("opened /", "interrupted SILENT");

    var other = new VirtualWorld();
    var heard = new Recorder();
    other.source().idleTimeout(millis(100)).start(heard);
    other.last().open().send(open);
    other.pass(millis(100));
    assertThat(heard.next(2)).containsExactly("opened /", "interrupted SILENT");
  }

  @Test
  void zeroIdleTimeoutWaitsForEver() {
    var source = world.source().idleTimeout(Duration.ZERO).start(told);
    world.last().open();
    world.pass(Duration.ofDays(1000));
    assertThat(source.state()).isEqualTo(State.OPEN);
  }

  @Test
  void timeInWhichTheReaderDoesNotReadIsNotSilence() {
    var stream = world.source().stream(told, 1);
    stream.start();
    world.last().open().send("data: a\n\ndata: b\n\n");
    world.pass(Duration.ofHours(1));
    assertThat(stream.state()).isEqualTo(State.OPEN);
    assertThat(world.last().requested).isEqualTo(1);
    stream.request(1);
    assertThat(world.last().requested).isEqualTo(2);
    world.pass(millis(44_999));
    assertThat(stream.state()).isEqualTo(State.OPEN);
    // The timer that was running looks again when a whole idle time of waiting is over.
    world.pass(millis(1));
    assertThat(stream.state()).isEqualTo(State.CONNECTING);
  }

  @Test
  void eventsAreHandedOutAgainstDemandAndTheIdFollowsThem() throws Exception {
    var stream = world.source().stream(told, 0);
    stream.start();
    world.last().open().send("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\n\n");
    var ids = new ArrayList<String>();
    ids.add(stream.lastEventId());
    stream.request(1);
    ids.add(stream.lastEventId());
    stream.request(1);
    ids.add(stream.lastEventId());
    assertThat(ids).containsExactly("", "1", "3");
    assertThat(told.next(3)).containsExactly("opened /", "message a #1", "message b #2");
  }

  @Test
  void whatWasNotHandedOutBeforeARestartIsDroppedAndAskedForAgain() throws Exception {
    var stream = world.source().stream(told, 1);
    stream.start();
    world.last().open().send("id: x\ndata: a\n\nid: y\ndata: b\n\n");
    stream.restart();
    stream.request(5);
    assertThat(world.last().request.lastEventId()).isEqualTo("x");
    world.last().open().send("id: y\ndata: b\n\n");
    assertThat(told.next(4))
        .containsExactly("opened /", "message a #x", "opened /", "message b #y");
    assertThat(told.waiting()).isZero();
    stream.close();
  }

  @Test
  void anEndIsFollowedOnlyWhenAllThatCameBeforeWasHandedOut() throws Exception {
    var stream = world.source().stream(told, 0);
    stream.start();
    world.last().open().send("id: 1\ndata: a\n\n").end(Reason.ENDED);
    world.pass(Duration.ofMinutes(10));
    assertThat(world.links).hasSize(1);
    stream.request(1);
    assertThat(told.next(3)).containsExactly("opened /", "message a #1", "interrupted ENDED");
    world.pass(Duration.ofMinutes(1));
    assertThat(world.last().request.lastEventId()).isEqualTo("1");
  }

  @Test
  void whatAnOldConnectionStillSaysIsNotHeard() throws Exception {
    var source = world.source().start(told);
    var old = world.last().open();
    source.restart();
    old.send("data: late\n\n").end(null);
    world.last().open().send("data: new\n\n");
    assertThat(told.next(3)).containsExactly("opened /", "opened /", "message new #");
    assertThat(old.isCancelled).isTrue();
  }

  @Test
  void aPolicyIsToldWhatHappenedAndMayTryWhatTheStandardGivesUp() {
    var asked = new ArrayList<Interruption>();
    world
        .source()
        .reconnect(
            interruption -> {
              asked.add(interruption);
              return Optional.of(millis(5));
            })
        .start(told);
    world.last().open();
    world.pass(millis(1500));
    world.last().end(Reason.CONTENT_TYPE);
    assertThat(millisUntilNextAttempt()).isEqualTo(5);
    var only = asked.get(0);
    assertThat(List.of(only.failures(), only.lived(), only.cause().reason()))
        .containsExactly(1, millis(1500), Reason.CONTENT_TYPE);
  }

  @Test
  void aPolicyThatThrowsGivesUp() throws Exception {
    world
        .source()
        .reconnect(
            interruption -> {
              throw new IllegalStateException("no idea");
            })
        .start(told);
    world.last().end(Reason.NETWORK);
    assertThat(told.untilClosed()).containsExactly("closed NETWORK");
  }

  @Test
  void closeWhileWaitingLeavesNoTimerAndNoAttempt() throws Exception {
    var source = world.source().start(told);
    world.last().end(Reason.NETWORK);
    source.close();
    source.close();
    source.restart();
    world.pass(Duration.ofHours(1));
    assertThat(told.untilClosed()).containsExactly("interrupted NETWORK", "closed");
    assertThat(List.of(world.links.size(), world.timers(), told.waiting()))
        .containsExactly(1, 0, 0);
  }

  @Test
  void closeWithinTheRequestFunctionCutsTheConnectionThatItMakes() {
    var self = new EventSource[1];
    self[0] =
        world
            .source()
            .header(
                "X",
                () -> {
                  if (self[0] != null) self[0].close();
                  return "x";
                })
            .start(told);
    world.last().end(Reason.NETWORK);
    world.pass(Duration.ofMinutes(1));
    assertThat(world.last().isCancelled).isTrue();
    assertThat(self[0].state()).isEqualTo(State.CLOSED);
  }

  @Test
  void theHistoryOfOneSeedIsTheSameEachTime() throws Exception {
    assertThat(history(42)).isEqualTo(history(42)).isNotEqualTo(history(43));
  }

  /** A stream through 200 random connections; nothing is lost, repeated or out of order. */
  private static List<String> history(long seed) throws InterruptedException {
    var random = new java.util.Random(seed);
    var world = new VirtualWorld();
    var told = new Recorder();
    var source = world.source().chance(random::nextDouble).start(told);
    var events = new ArrayList<String>();
    for (int i = 0; i < 200; i++) {
      var link = world.last();
      String from = link.request.lastEventId();
      int next = from.isEmpty() ? 1 : Integer.parseInt(from.substring(9)) + 1;
      // A careless server goes back a little.
      next = Math.max(1, next - random.nextInt(3));
      link.open();
      int count = random.nextInt(5);
      for (int n = 0; n < count; n++, next++) {
        link.send("id: abcdefgh-" + next + "\ndata: " + next + "\n\n");
      }
      link.send("id: abcdefgh-" + next + "\ndata: cut");
      link.end(Reason.NETWORK);
      int links = world.links.size();
      while (world.links.size() == links) world.pass(Duration.ofMillis(100));
    }
    source.close();
    for (String line : told.untilClosed()) {
      if (line.startsWith("message")) events.add(line);
    }
    for (int i = 0; i < events.size(); i++) {
      assertThat(events.get(i)).isEqualTo("message " + (i + 1) + " #abcdefgh-" + (i + 1));
    }
    events.add("after " + world.nanoTime());
    return events;
  }
}
