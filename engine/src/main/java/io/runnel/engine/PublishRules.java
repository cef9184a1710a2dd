package io.runnel.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.eventstream.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What may be published; counts what may not. Safe for any thread. */
final class PublishRules {
  private final int maxEventBytes;
  private final String epoch;
  private final LongAdder refused;

  PublishRules(int maxEventBytes, String epoch, LongAdder refused) {
    this.maxEventBytes = maxEventBytes;
    this.epoch = epoch;
    this.refused = refused;
  }

  /**
   * The event, ready for the history.
   *
   * @throws IllegalArgumentException if it may not be published
   */
  Publication publication(Topic topic, Event event, @Nullable String idempotencyKey) {
    if (idempotencyKey != null) checkKey(idempotencyKey);
    Publication publication = publication(topic, event);
    if (idempotencyKey != null) Publication.setKey(List.of(publication), idempotencyKey);
    return publication;
  }

  /**
   * The events, ready for the history.
   *
   * @throws IllegalArgumentException if they are none or too many
   * @throws EventInBatchRefusedException if one of them may not be published
   */
  List<Publication> publications(List<TopicEvent> events, @Nullable String idempotencyKey) {
    if (events.isEmpty() || events.size() > Hub.MAX_BATCH) {
      throw refuse(events.size() + " events at once: 1 to " + Hub.MAX_BATCH + " are possible");
    }
    if (idempotencyKey != null) checkKey(idempotencyKey);
    var publications = new ArrayList<Publication>(events.size());
    for (TopicEvent event : events) publications.add(publication(event, publications.size()));
    if (idempotencyKey != null) Publication.setKey(publications, idempotencyKey);
    return publications;
  }

  /**
   * The end of a topic, after an event if there is one, ready for the history.
   *
   * @throws IllegalArgumentException if the event may not be published
   */
  List<Publication> ending(Topic topic, @Nullable Event last, @Nullable String idempotencyKey) {
    if (idempotencyKey != null) checkKey(idempotencyKey);
    Publication end = Publication.endOf(topic);
    List<Publication> ending = last == null ? List.of(end) : List.of(publication(topic, last), end);
    if (idempotencyKey != null) Publication.setKey(ending, idempotencyKey);
    return ending;
  }

  private Publication publication(TopicEvent event, int index) {
    try {
      return publication(event.topic(), event.event());
    } catch (IllegalArgumentException e) {
      throw new EventInBatchRefusedException(index, e);
    }
  }

  private Publication publication(Topic topic, Event event) {
    if (event.type().startsWith(ControlEvents.RESERVED)) {
      throw refuse(
          "event type \""
              + event.type()
              + "\" is reserved: types that start with \"runnel.\" are the hub's own");
    }
    if (event.id() != null) checkId(event.id());
    Publication publication = Publication.of(topic, event);
    if (publication.size() > maxEventBytes) {
      throw refuse(
          "event of " + publication.size() + " bytes is over the limit of " + maxEventBytes);
    }
    return publication;
  }

  private void checkKey(String key) {
    if (key.isEmpty() || key.length() > Hub.MAX_KEY_LENGTH) {
      throw refuse("idempotency key of " + key.length() + " characters");
    }
  }

  private void checkId(String id) {
    if (id.isEmpty()) throw refuse("empty event id: it would make subscribers forget their cursor");
    int bytes = id.getBytes(UTF_8).length;
    if (bytes > Hub.MAX_ID_BYTES) {
      throw refuse("event id of " + bytes + " bytes is over the limit of " + Hub.MAX_ID_BYTES);
    }
    if (!Event.fitsIntoHeader(id)) {
      throw refuse("event id has a control character, or a space at an end, unfit for a header");
    }
    if (Cursor.isOf(epoch, id)) {
      throw refuse("event id \"" + id + "\" has the form of the hub's own ids");
    }
  }

  private IllegalArgumentException refuse(String why) {
    refused.increment();
    return new IllegalArgumentException(why);
  }
}
