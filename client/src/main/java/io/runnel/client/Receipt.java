package io.runnel.client;

/**
 * The hub's acknowledgement of a published event.
 *
 * @param id the event's id, under which subscribers see it
 * @param kept how the hub keeps it: {@code memory}, or {@code disk} when it was there before the
 *     answer
 */
public record Receipt(String id, String kept) {
  /** Whether the event was on disk before the hub answered. */
  public boolean isOnDisk() {
    return kept.equals("disk");
  }
}
