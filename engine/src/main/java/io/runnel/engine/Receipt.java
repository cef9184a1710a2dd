package io.runnel.engine;

/**
 * The acknowledgement of a publish.
 *
 * @param id the id under which subscribers get the event: the publisher's, or the one that names
 *     its position
 * @param kept how it is kept
 */
public record Receipt(String id, Kept kept) {}
