/**
 * The stand-alone server: {@link io.runnel.hub.HubServer} carries the engine's events over HTTP,
 * {@link io.runnel.hub.Runnel} is its command line, {@link io.runnel.hub.Site} the way to serve a
 * small web application beside the events.
 */
@NullMarked
package io.runnel.hub;

import org.jspecify.annotations.NullMarked;
