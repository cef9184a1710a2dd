package io.runnel.engine;

import io.runnel.eventstream.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** A hub with one lane, whose time goes by when the test says so. */
final class TestHub {
  final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  final Hub hub;
  final Lane lane;
  private long millis = 1_000_000;
  private boolean clockIsBroken;

  TestHub() {
    this(HubSettings.DEFAULT, TopicRules.always(Retention.DEFAULT));
  }

  TestHub(HubSettings settings, TopicRules<Retention> retention) {
    InstantSource clock = this::now;
    var random = new SplittableRandom(1);
    try {
      hub = new Hub(settings, new MemoryHistory(retention, 1 << 20, clock, random), clock, random);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    lane = hub.newLane(tasks::add);
  }

  static TestHub keeping(long events, Duration age) {
    return new TestHub(HubSettings.DEFAULT, TopicRules.always(new Retention(events, 1 << 20, age)));
  }

  static TestHub with(SlowConsumerPolicy policy, int windowEvents, long keptEvents) {
    HubSettings all = HubSettings.DEFAULT;
    return new TestHub(
        new HubSettings(
            TopicRules.always(policy),
            all.heartbeat(),
            all.reconnectionTime(),
            all.writeTimeout(),
            3,
            3,
            64,
            windowEvents,
            all.windowBytes()),
        TopicRules.always(new Retention(keptEvents, 1 << 20, Duration.ofDays(1))));
  }

  CompletableFuture<Receipt> publish(String topic, Event event) {
    CompletableFuture<Receipt> receipt = hub.publish(new Topic(topic), event);
    run();
    return receipt;
  }

  void publish(String topic, String... data) {
    for (String each : data) publish(topic, Event.of(each));
  }

  void complete(String topic) {
    hub.complete(new Topic(topic)).join();
    run();
  }

  /** Subscribes to topics or patterns, divided by spaces. */
  Recorder subscribe(String topics, Start start) {
    return subscribe(topics, start, new Recorder());
  }

  Recorder subscribe(String topics, Start start, Recorder recorder) {
    List<TopicPattern> patterns = Arrays.stream(topics.split(" ")).map(TopicPattern::new).toList();
    recorder.subscription = lane.subscribe(SubscriptionRequest.of(patterns, start), recorder);
    run();
    return recorder;
  }

  /** A cursor of this hub. */
  String at(long offset) {
    return Cursor.format(hub.epoch(), offset);
  }

  void run() {
    for (Runnable task; (task = tasks.poll()) != null; ) task.run();
  }

  private Instant now() {
    if (clockIsBroken) throw new IllegalStateException("no time");
    return Instant.ofEpochMilli(millis);
  }

  /** From now on whoever asks for the time of day fails. */
  void breakClock() {
    clockIsBroken = true;
  }

  /** Somebody sets the clock; no time goes by. */
  void setClockBy(Duration step) {
    millis += step.toMillis();
  }

  void seconds(int count) {
    for (int i = 0; i < count; i++) {
      millis += 1000;
      hub.tick();
      run();
    }
  }
}
