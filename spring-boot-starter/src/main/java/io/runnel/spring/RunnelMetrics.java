package io.runnel.spring;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.runnel.engine.Backlog;
import io.runnel.engine.Hub;
import io.runnel.engine.HubStatistics;
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
