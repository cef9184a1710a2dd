package io.runnel.hub;

/** The names of what is measured, as {@code /metrics} shows them. */
final class Metrics {
  static final String LANES_BEHIND = "runnel_lanes_behind_total";
  static final String SLOW_DISCONNECTS = "runnel_slow_disconnects_total";
  static final String HEARTBEATS = "runnel_heartbeats_total";
  static final String PUBLISHES_REFUSED = "runnel_publishes_refused_total";
  static final String CONNECTIONS_REFUSED = "runnel_connections_refused_total";
  static final String REQUEST_TIMEOUTS = "runnel_request_timeouts_total";
  static final String IDLE_TIMEOUTS = "runnel_idle_timeouts_total";
  static final String POLLS = "runnel_polls_total";
  static final String WEBSOCKET_CLOSES = "runnel_websocket_closes_total";
  static final String HTTP2_FLOODS = "runnel_http2_floods_total";
  static final String HANDSHAKES_FAILED = "runnel_tls_handshakes_failed_total";
  static final String KEYS_FORGOTTEN = "runnel_idempotency_keys_forgotten_total";
  static final String TRIMMED_EVENTS = "runnel_history_trimmed_events_total";
  static final String TRIMMED_BYTES = "runnel_history_trimmed_bytes_total";
  static final String REQUESTS = "runnel_requests_total";

  private Metrics() {}

  static String trimmedEvents(String limit) {
    return TRIMMED_EVENTS + "{limit=\"" + limit + "\"}";
  }

  static String answered(int status) {
    return REQUESTS + "{status=\"" + status + "\"}";
  }
}
