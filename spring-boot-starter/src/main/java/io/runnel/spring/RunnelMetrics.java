package io.runnel.spring;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.runnel.engine.Backlog;
import io.runnel.engine.Hub;
import io.runnel.engine.HubStatistics;
import io.runnel.engine.TrimStatistics;
import io.runnel.engine.TrimStatistics.Trimmed;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * What the hub and the streams count, as meters {@code runnel.*}: in Prometheus' format they have
 * the names that the stand-alone hub's have. Nothing is counted here.
 */
final class RunnelMetrics implements MeterBinder {
  private final Hub hub;
  private final StreamCounts streams;
  private final TopicBridge bridge;

  RunnelMetrics(Hub hub, StreamCounts streams, TopicBridge bridge) {
    this.hub = hub;
    this.streams = streams;
    this.bridge = bridge;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    gauge(registry, "runnel.topics", "Topics known now", HubStatistics::topics);
    gauge(registry, "runnel.subscriptions", "Subscriptions open", HubStatistics::subscriptions);
    counter(registry, "runnel.events.published", "Events published", HubStatistics::published);
    counter(registry, "runnel.publishes.refused", "By a limit or a rule", HubStatistics::refused);
    counter(registry, "runnel.subscriptions.opened", "Ever opened", HubStatistics::opened);
    counter(registry, "runnel.subscriptions.resumed", "With a cursor", HubStatistics::resumed);
    counter(registry, "runnel.deliveries", "Events to subscribers", HubStatistics::deliveries);
    counter(registry, "runnel.writes", "Batches to subscribers", HubStatistics::writes);
    counter(registry, "runnel.written.bytes", "Bytes of batches", HubStatistics::bytes);
    counter(registry, "runnel.gaps", "Gap events sent", HubStatistics::gaps);
    counter(registry, "runnel.held.up", "Sinks that were full", HubStatistics::heldUp);
    counter(
        registry,
        "runnel.slow.disconnects",
        "Subscribers disconnected as too slow",
        HubStatistics::slowDisconnects);
    counter(registry, "runnel.heartbeats", "Heartbeats sent", HubStatistics::heartbeats);
    counter(registry, "runnel.lanes.behind", "Fell out of the window", HubStatistics::lanesBehind);
    bindHistory(registry);
    Gauge.builder("runnel.backlog.subscriptions", hub, hub -> hub.backlog().subscriptions())
        .description("Subscriptions behind the newest event")
        .register(registry);
    Gauge.builder("runnel.backlog.events", hub, hub -> backlogEvents(hub.backlog()))
        .description("Positions that the furthest of them is behind")
        .register(registry);
    Gauge.builder("runnel.streams", streams, StreamCounts::open)
        .description("Streams open now")
        .register(registry);
    FunctionCounter.builder("runnel.streams.refused", streams, StreamCounts::refused)
        .description("Told to come back later, as there were too many")
        .register(registry);
    FunctionCounter.builder("runnel.streams.slow", streams, StreamCounts::slow)
        .description("Cut because their client did not take what was sent")
        .register(registry);
    FunctionCounter.builder("runnel.streams.logged.out", streams, StreamCounts::loggedOut)
        .description("Ended with their login session, or as rights changed")
        .register(registry);
    FunctionCounter.builder("runnel.bridge.failed", bridge, TopicBridge::failed)
        .description("Application events that were committed but not published")
        .register(registry);
  }

  private void bindHistory(MeterRegistry registry) {
    gauge(registry, "runnel.history.events", "Events kept", of -> of.history().events());
    gauge(registry, "runnel.history.bytes", "Bytes of events kept", of -> of.history().bytes());
    counter(
        registry,
        "runnel.history.no.room",
        "Publishes refused as there was no room on the disk",
        of -> of.history().noRoom());
    Gauge.builder("runnel.history.full", hub, hub -> hub.shortage() == null ? 0 : 1)
        .description("Whether publishing is refused until there is room on the disk")
        .register(registry);
    trimmed(registry, "events", TrimStatistics::events);
    trimmed(registry, "bytes", TrimStatistics::bytes);
    trimmed(registry, "age", TrimStatistics::age);
    trimmed(registry, "history-max-bytes", TrimStatistics::allTopics);
  }

  private void trimmed(
      MeterRegistry registry, String limit, Function<TrimStatistics, Trimmed> trimmed) {
    trimmed(registry, "runnel.history.trimmed.events", limit, of -> trimmed.apply(of).events());
    trimmed(registry, "runnel.history.trimmed.bytes", limit, of -> trimmed.apply(of).bytes());
  }

  private void trimmed(
      MeterRegistry registry, String name, String limit, ToDoubleFunction<TrimStatistics> value) {
    FunctionCounter.builder(
            name, hub, hub -> value.applyAsDouble(hub.statistics().history().trimmed()))
        .description("What retention took, by the limit that made it")
        .tag("limit", limit)
        .register(registry);
  }

  private static double backlogEvents(Backlog backlog) {
    return backlog.events();
  }

  private void gauge(
      MeterRegistry registry, String name, String help, ToDoubleFunction<HubStatistics> value) {
    Gauge.builder(name, hub, hub -> value.applyAsDouble(hub.statistics()))
        .description(help)
        .register(registry);
  }

  private void counter(
      MeterRegistry registry, String name, String help, ToDoubleFunction<HubStatistics> value) {
    FunctionCounter.builder(name, hub, hub -> value.applyAsDouble(hub.statistics()))
        .description(help)
        .register(registry);
  }
}
