package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.runnel.engine.HistoryStatistics;
import io.runnel.engine.HubStatistics;
import io.runnel.engine.TrimStatistics;
import io.runnel.engine.TrimStatistics.Trimmed;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is counted, in the text format of Prometheus. Nothing is counted here: each
 * scrape reads the counts of the hub and of its server, all 0 while it is starting. Any thread.
 */
final class MetricsPage implements AutoCloseable {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics gc = new JvmGcMetrics();

  /** As of the scrape in progress, so that its numbers fit each other. */
  private volatile HubStatistics statistics =
      new HubStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, HistoryStatistics.NONE);

  private volatile boolean isRefusing;
  private volatile ServerCounters server = new ServerCounters();

  /** The answers and closes that have a counter: asking for one again is logged as a mistake. */
  private final Set<Integer> boundAnswers = ConcurrentHashMap.newKeySet();

  private final Set<Integer> boundCloses = ConcurrentHashMap.newKeySet();

  MetricsPage(HubConfig config) {
    gauge("runnel_topics", "Topics known now", HubStatistics::topics);
    gauge("runnel_subscriptions", "Subscriptions open now", HubStatistics::subscriptions);
    counter("runnel_events_published_total", "Events published", HubStatistics::published);
    counter(Metrics.PUBLISHES_REFUSED, "Refused by a limit or a rule", HubStatistics::refused);
    counter("runnel_subscriptions_opened_total", "Subscriptions opened", HubStatistics::opened);
    counter("runnel_subscriptions_resumed_total", "Of these with a cursor", HubStatistics::resumed);
    counter("runnel_deliveries_total", "Events given to subscribers", HubStatistics::deliveries);
    counter("runnel_writes_total", "Batches given to subscribers", HubStatistics::writes);
    counter("runnel_written_bytes_total", "Bytes of these batches", HubStatistics::bytes);
    counter("runnel_gaps_total", "Gap events sent", HubStatistics::gaps);
    counter("runnel_held_up_total", "Sockets that could not take a batch", HubStatistics::heldUp);
    counter(Metrics.SLOW_DISCONNECTS, "Disconnected as too slow", HubStatistics::slowDisconnects);
    counter(Metrics.HEARTBEATS, "Heartbeats sent", HubStatistics::heartbeats);
    counter(Metrics.LANES_BEHIND, "A lane fell out of the window", HubStatistics::lanesBehind);
    bindHistory(config);
    bindServer(config);
    bindProcess();
  }

  /** The page, with the counts of that server; none yet if it is null. */
  byte[] scrape(AdminServer.@Nullable Subject subject) {
    if (subject != null) {
      server = subject.counters();
      isRefusing = subject.shortage() != null;
      statistics = subject.statistics();
    }
    server.answers().keySet().forEach(this::bindAnswers);
    server.webSocketCloses().keySet().forEach(this::bindWebSocketCloses);
    return registry.scrape().getBytes(UTF_8);
  }

  @Override
  public void close() {
    gc.close();
    registry.close();
  }

  private void bindHistory(HubConfig config) {
    gauge("runnel_history_events", "Events kept", counts -> counts.history().events());
    gauge("runnel_history_bytes", "Bytes of these events", counts -> counts.history().bytes());
    Gauge.builder("runnel_history_bytes_limit", config, HubConfig::historyMaxBytes)
        .description("The most bytes of events kept")
        .register(registry);
    gauge("runnel_history_file_bytes", "Of its files", counts -> counts.history().fileBytes());
    gauge("runnel_history_log_bytes", "Of its log", counts -> counts.history().logBytes());
    gauge("runnel_history_waiting", "Publishes to be kept", counts -> counts.history().waiting());
    gauge("runnel_idempotency_keys", "Keys remembered", counts -> counts.history().keys());
    counter(
        Metrics.KEYS_FORGOTTEN,
        "Idempotency keys forgotten before their time, as there were too many",
        counts -> counts.history().keysForgottenEarly());
    bindRoom();
    bindTrimmed("events", TrimStatistics::events);
    bindTrimmed("bytes", TrimStatistics::bytes);
    bindTrimmed("age", TrimStatistics::age);
    bindTrimmed(ConfigKey.HISTORY_MAX_BYTES.toString(), TrimStatistics::allTopics);
  }

  private void bindRoom() {
    Gauge.builder("runnel_history_full", this, page -> page.isRefusing ? 1 : 0)
        .description("Whether publishing is refused until there is room on the disk")
        .register(registry);
    counter(
        "runnel_history_no_room_total",
        "Publishes refused as there was no room on the disk",
        counts -> counts.history().noRoom());
    gauge(
        "runnel_history_free_bytes",
        "Free on the disk",
        counts -> counts.history().freeBytes() < 0 ? Double.NaN : counts.history().freeBytes());
  }

  private void bindTrimmed(String limit, Function<TrimStatistics, Trimmed> trimmed) {
    trimmed(Metrics.TRIMMED_EVENTS, "Events", limit, of -> trimmed.apply(of).events());
    trimmed(Metrics.TRIMMED_BYTES, "Bytes of events", limit, of -> trimmed.apply(of).bytes());
  }

  private void trimmed(
      String name, String what, String limit, ToDoubleFunction<TrimStatistics> value) {
    FunctionCounter.builder(
            name, this, page -> value.applyAsDouble(page.statistics.history().trimmed()))
        .description(what + " that retention took, by the limit that made it")
        .tag("limit", limit)
        .register(registry);
  }

  private void bindServer(HubConfig config) {
    Gauge.builder("runnel_connections", this, page -> page.server.connections.get())
        .description("Connections open now")
        .register(registry);
    Gauge.builder("runnel_connections_limit", config, HubConfig::maxConnections)
        .description("The most connections")
        .register(registry);
    Gauge.builder("runnel_stream_queued_bytes", this, page -> page.server.queuedBytes.sum())
        .description("Bytes kept now for HTTP/1.1 streams whose sockets are full")
        .register(registry);
    serverCounter(
        Metrics.CONNECTIONS_REFUSED,
        "Told to come back later, as there were too many",
        counters -> counters.connectionsRefused.sum());
    serverCounter(
        Metrics.REQUEST_TIMEOUTS,
        "Closed as a request took too long to arrive",
        counters -> counters.requestTimeouts.sum());
    serverCounter(
        Metrics.IDLE_TIMEOUTS,
        "Closed as no further request came",
        counters -> counters.idleTimeouts.sum());
    Gauge.builder("runnel_websockets", this, page -> page.server.webSockets.get())
        .description("WebSockets open now")
        .register(registry);
    serverCounter(Metrics.POLLS, "Polls and long polls", counters -> counters.polls.sum());
    serverCounter(
        Metrics.HTTP2_FLOODS,
        "HTTP/2 connections closed as their clients made work for nothing",
        counters -> counters.http2Floods.sum());
    serverCounter(
        Metrics.HANDSHAKES_FAILED,
        "Connections with which TLS could not be agreed on",
        counters -> counters.handshakesFailed.sum());
  }

  private void bindAnswers(int status) {
    if (!boundAnswers.add(status)) return;
    FunctionCounter.builder(
            Metrics.REQUESTS, this, page -> page.server.answers().getOrDefault(status, 0L))
        .description("Requests answered")
        .tag("status", Integer.toString(status))
        .register(registry);
  }

  private void bindWebSocketCloses(int code) {
    if (!boundCloses.add(code)) return;
    FunctionCounter.builder(
            Metrics.WEBSOCKET_CLOSES,
            this,
            page -> page.server.webSocketCloses().getOrDefault(code, 0L))
        .description("WebSockets that the hub closed")
        .tag("code", Integer.toString(code))
        .register(registry);
  }

  private void bindProcess() {
    new JvmMemoryMetrics().bindTo(registry);
    gc.bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
  }

  private void gauge(String name, String help, ToDoubleFunction<HubStatistics> value) {
    Gauge.builder(name, this, page -> value.applyAsDouble(page.statistics))
        .description(help)
        .register(registry);
  }

  private void counter(String name, String help, ToDoubleFunction<HubStatistics> value) {
    FunctionCounter.builder(name, this, page -> value.applyAsDouble(page.statistics))
        .description(help)
        .register(registry);
  }

  private void serverCounter(String name, String help, ToDoubleFunction<ServerCounters> value) {
    FunctionCounter.builder(name, this, page -> value.applyAsDouble(page.server))
        .description(help)
        .register(registry);
  }
}
