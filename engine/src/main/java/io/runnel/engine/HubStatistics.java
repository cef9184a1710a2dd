package io.runnel.engine;

/**
 * What a hub counted since it began, as of about now.
 *
 * @param topics topics known now
 * @param subscriptions subscriptions open now
 * @param published events published
 * @param refused publishes refused by a limit or a rule of topics
 * @param opened subscriptions opened ever
 * @param resumed subscriptions that began with a cursor
 * @param deliveries events given to subscribers' sinks
 * @param writes batches given to subscribers' sinks; fewer than deliveries where events were joined
 * @param bytes bytes of these batches
 * @param gaps gap events sent
 * @param heldUp times that a subscriber's sink could not take a whole batch
 * @param slowDisconnects subscribers disconnected because they were too slow
 * @param heartbeats heartbeats sent
 * @param lanesBehind times that a whole lane fell out of the window
 * @param history what the history holds
 */
public record HubStatistics(
    int topics,
    int subscriptions,
    long published,
    long refused,
    long opened,
    long resumed,
    long deliveries,
    long writes,
    long bytes,
    long gaps,
    long heldUp,
    long slowDisconnects,
    long heartbeats,
    long lanesBehind,
    HistoryStatistics history) {}
