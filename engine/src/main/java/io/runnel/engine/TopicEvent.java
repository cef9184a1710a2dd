package io.runnel.engine;

import io.runnel.eventstream.Event;

/**
 * An event and the topic that it is for.
 *
 * @param topic the topic
 * @param event the event
 */
public record TopicEvent(Topic topic, Event event) {}
