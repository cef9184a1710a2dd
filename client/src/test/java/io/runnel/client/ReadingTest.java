package io.runnel.client;

import static io.runnel.client.ScriptedServer.OK;
import static io.runnel.client.ScriptedServer.answer;
import static io.runnel.client.ScriptedServer.status;
import static io.runnel.client.ScriptedServer.stream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.runnel.eventstream.Event;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The two ways to read a source besides callbacks: by pulling, and as a publisher. */
@Timeout(60)
@SuppressWarnings("try") // a source may stand in a try only to be closed
class ReadingTest {
  private static EventSource.Builder to(ScriptedServer server) {
    return EventSource.to(server.uri("/")).reconnect(ReconnectPolicy.fixed(Duration.ZERO));
  }

  private static String events(int from, int to) {
    var text = new StringBuilder();
    for (int i = from; i <= to; i++) text.append("id: " + i + "\ndata: " + i + "\n\n");
    return text.toString();
  }

  /** A script that writes events without end, and counts the bytes that the client let it write. */
  private static ScriptedServer.Script flood(AtomicLong written) {
    return peer -> {
      peer.readRequest();
      peer.write(OK);
      for (int i = 1; ; i++) {
        String event = "id: " + i + "\ndata: " + "x".repeat(1000) + "\n\n";
        peer.write(event);
        written.addAndGet(event.length());
      }
    };
  }

  /**
   * Waits until the flood stands still: the client has stopped reading. Nothing tells that nothing
   * happens, so this looks twice; looking too early only looks again.
   */
  private static void awaitStandstill(AtomicLong written) throws InterruptedException {
    long before = -1;
    while (before != written.get() || before == 0) {
      before = written.get();
      Thread.sleep(300);
    }
  }

  @Test
  void eventsArePulledInOrderAcrossConnectionsUntilTheServerEnds() throws Exception {
    try (var server =
            new ScriptedServer(
                answer(OK + events(1, 200)), answer(OK + events(201, 300)), status("204 Done"));
        var reader = to(server).read()) {
      var ids = new ArrayList<String>();
      for (Event event : reader) {
        ids.add(event.data());
        assertThat(reader.lastEventId()).isEqualTo(event.data());
      }
      assertThat(ids).hasSize(300).startsWith("1", "2").endsWith("299", "300");
      assertThat(reader.take()).isNull();
      assertThat(reader.state()).isEqualTo(EventSource.State.CLOSED);
    }
  }

  @Test
  void aStreamTakesWhatItWantsAndItsCloseClosesTheReader() throws Exception {
    try (var server = new ScriptedServer(stream(events(1, 10)))) {
      var reader = to(server).read();
      try (var events = reader.stream()) {
        assertThat(events.map(Event::data).limit(3)).containsExactly("1", "2", "3");
      }
      assertThat(reader.state()).isEqualTo(EventSource.State.CLOSED);
    }
  }

  @Test
  void theIdOfTheReaderIsThatOfTheEventTakenNotOfThoseReadAhead() throws Exception {
    try (var server = new ScriptedServer(stream(events(1, 10) + "id: later\n\n"))) {
      var reader = to(server).lastEventId("0").read();
      var ids = new ArrayList<String>();
      ids.add(reader.lastEventId());
      assertThat(reader.take()).isNotNull();
      ids.add(reader.lastEventId());
      reader.close();
      ids.add(reader.lastEventId());
      assertThat(ids).containsExactly("0", "1", "1");
    }
  }

  @Test
  void aBlockWithoutDataMovesTheIdOfTheEventBeforeIt() throws Exception {
    try (var server = new ScriptedServer(stream("data: a\n\nid: 7\n\ndata: b\n\n"));
        var reader = to(server).read()) {
      reader.take();
      reader.take();
      assertThat(reader.lastEventId()).isEqualTo("7");
    }
  }

  @Test
  void aFailureThatIsNoUseRetryingIsThrown() throws Exception {
    try (var server = new ScriptedServer(status("403 No"));
        var reader = to(server).read()) {
      assertThatThrownBy(reader::take).isInstanceOf(ConnectionFailedException.class);
      assertThatThrownBy(() -> reader.iterator().hasNext())
          .isInstanceOf(UncheckedIOException.class)
          .hasCauseInstanceOf(ConnectionFailedException.class);
    }
  }

  @Test
  void pollGivesUpAtItsTimeout() throws Exception {
    try (var server = new ScriptedServer(stream(""));
        var reader = to(server).read()) {
      assertThat(reader.poll(Duration.ofMillis(20))).isNull();
    }
  }

  @Test
  void waitingEndsAtAnInterruptAndAtClose() throws Exception {
    try (var server = new ScriptedServer(stream(""));
        var reader = to(server).read()) {
      var thrown = new AtomicReference<Throwable>();
      var interrupted = new AtomicReference<Boolean>();
      var pulling =
          new Thread(
              () -> {
                try {
                  reader.iterator().hasNext();
                } catch (UncheckedIOException e) {
                  thrown.set(e.getCause());
                  interrupted.set(Thread.currentThread().isInterrupted());
                }
              });
      pulling.start();
      pulling.interrupt();
      pulling.join();
      assertThat(thrown.get()).isInstanceOf(InterruptedIOException.class);
      assertThat(interrupted.get()).isTrue();

      var ended = new AtomicReference<Object>("waiting");
      var waiting =
          new Thread(
              () -> {
                try {
                  ended.set(String.valueOf(reader.take()));
                } catch (Exception e) {
                  ended.set(e);
                }
              });
      waiting.start();
      reader.close();
      waiting.join();
      assertThat(ended.get()).isEqualTo("null");
    }
  }

  @Test
  void aReaderThatDoesNotTakeStopsTheSocket() throws Exception {
    var written = new AtomicLong();
    try (var server = new ScriptedServer(flood(written));
        var reader = to(server).read()) {
      assertThat(reader.take()).isNotNull();
      awaitStandstill(written);
      // Socket buffers of both sides, and one chunk of the HTTP client; not a flood.
      assertThat(written.get()).isLessThan(32L << 20);
      long stood = written.get();
      for (int i = 2; i <= 20_000; i++) {
        assertThat(reader.take().id()).isEqualTo(String.valueOf(i));
      }
      assertThat(written.get()).isGreaterThan(stood);
    }
  }

  /** Requests only what the test asks for, and writes down what comes. */
  private static final class Subscriber implements Flow.Subscriber<Event> {
    final BlockingQueue<String> came = new LinkedBlockingQueue<>();
    final CountDownLatch subscribed = new CountDownLatch(1);
    volatile Flow.Subscription subscription;

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription = subscription;
      subscribed.countDown();
    }

    @Override
    public void onNext(Event event) {
      came.add(event.data());
    }

    @Override
    public void onError(Throwable failure) {
      came.add("error " + failure.getClass().getSimpleName());
    }

    @Override
    public void onComplete() {
      came.add("complete");
    }

    List<String> next(int count) throws InterruptedException {
      var list = new ArrayList<String>();
      while (list.size() < count) {
        String one = came.poll(30, TimeUnit.SECONDS);
        list.add(one == null ? "(nothing within 30 s)" : one);
      }
      return list;
    }
  }

  @Test
  void aSubscriberGetsWhatItRequestedAndNoMore() throws Exception {
    try (var server = new ScriptedServer(answer(OK + events(1, 5)), status("204 Done"))) {
      var subscriber = new Subscriber();
      to(server).publisher().subscribe(subscriber);
      subscriber.subscription.request(2);
      assertThat(subscriber.next(2)).containsExactly("1", "2");
      subscriber.subscription.request(1);
      assertThat(subscriber.next(1)).containsExactly("3");
      assertThat(subscriber.came).isEmpty();
      subscriber.subscription.request(Long.MAX_VALUE);
      subscriber.subscription.request(Long.MAX_VALUE);
      assertThat(subscriber.next(3)).containsExactly("4", "5", "complete");
    }
  }

  @Test
  void demandReachesTheSocket() throws Exception {
    var written = new AtomicLong();
    try (var server = new ScriptedServer(flood(written))) {
      var subscriber = new Subscriber();
      to(server).publisher().subscribe(subscriber);
      subscriber.subscription.request(1);
      subscriber.next(1);
      awaitStandstill(written);
      assertThat(written.get()).isLessThan(32L << 20);
      subscriber.subscription.cancel();
    }
  }

  @Test
  void eachSubscriberHasAConnectionAndCancelCutsIt() throws Exception {
    var ended = new CountDownLatch(2);
    ScriptedServer.Script watched =
        peer -> {
          peer.readRequest();
          peer.write(OK);
          try {
            peer.awaitEnd();
          } finally {
            ended.countDown();
          }
        };
    try (var server = new ScriptedServer(watched)) {
      var publisher = to(server).publisher();
      var one = new Subscriber();
      var two = new Subscriber();
      publisher.subscribe(one);
      publisher.subscribe(two);
      server.next();
      server.next();
      one.subscription.cancel();
      two.subscription.cancel();
      assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(one.came).isEmpty();
    }
  }

  @Test
  void aRequestThatIsNotPositiveIsAnErrorAndAFailureToo() throws Exception {
    try (var server = new ScriptedServer(stream(""), status("401 No"))) {
      var wrong = new Subscriber();
      to(server).publisher().subscribe(wrong);
      wrong.subscription.request(0);
      assertThat(wrong.next(1)).containsExactly("error IllegalArgumentException");
    }
    try (var server = new ScriptedServer(status("401 No"))) {
      var refused = new Subscriber();
      to(server).publisher().subscribe(refused);
      assertThat(refused.next(1)).containsExactly("error ConnectionFailedException");
    }
  }
}
