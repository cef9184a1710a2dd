package io.runnel.engine;

/**
 * What one lane counted. Written by the lane's thread with plain stores, so that counting costs
 * nothing; read by any thread, a little late.
 */
final class LaneCounters {
  int subscriptions;
  long opened;
  long deliveries;
  long writes;
  long bytes;
  long gaps;
  long resumed;
  long heldUp;
  long slowDisconnects;
  long laneFellBehind;
  long heartbeats;

  // As of the last tick.
  int behind;
  long furthestBehind;

  void add(LaneCounters other) {
    subscriptions += other.subscriptions;
    opened += other.opened;
    deliveries += other.deliveries;
    writes += other.writes;
    bytes += other.bytes;
    gaps += other.gaps;
    resumed += other.resumed;
    heldUp += other.heldUp;
    slowDisconnects += other.slowDisconnects;
    laneFellBehind += other.laneFellBehind;
    heartbeats += other.heartbeats;
  }
}
