package io.runnel.hub;

import io.runnel.engine.Hub;
import java.util.concurrent.ScheduledExecutorService;

/**
 * What a site gets to work with.
 *
 * @param hub where it publishes
 * @param scheduler a thread for short tasks on time; shared by all sites
 */
public record SiteContext(Hub hub, ScheduledExecutorService scheduler) {}
