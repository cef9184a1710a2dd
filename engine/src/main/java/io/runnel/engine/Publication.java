package io.runnel.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamEncoder;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * An event on its way into the history, or the wish to complete a topic.
 *
 * <p>The history calls {@link #placeAt} once, then {@link #acknowledge} or {@link #refuse} once;
 * for a retry only {@link #acknowledgeAgain}. Of several that are published together the first
 * bears the idempotency key, for all of them.
 */
public final class Publication {
  private static final byte[] END = {};

  private Topic topic;
  private final @Nullable String publisherId;
  private final byte[] body;
  private final CompletableFuture<Receipt> receipt = new CompletableFuture<>();
  private @Nullable String idempotencyKey;
  private int fingerprint;
  private @Nullable String position;

  private @Nullable TopicState topicState;

  private Publication(Topic topic, @Nullable String publisherId, byte[] body) {
    this.topic = topic;
    this.publisherId = publisherId;
    this.body = body;
  }

  static Publication of(Topic topic, Event event) {
    return new Publication(topic, event.id(), EventStreamEncoder.encodeWithoutId(event));
  }

  static Publication of(Topic topic, Event event, String idempotencyKey) {
    Publication publication = of(topic, event);
    setKey(List.of(publication), idempotencyKey);
    return publication;
  }

  static Publication endOf(Topic topic) {
    return new Publication(topic, null, END);
  }

  /** Publishes these together under a key, before the history has them. */
  static void setKey(List<Publication> batch, String idempotencyKey) {
    Publication first = batch.get(0);
    first.idempotencyKey = idempotencyKey;
    first.fingerprint = fingerprint(batch);
  }

  private static int fingerprint(List<Publication> batch) {
    var checksum = new CRC32C();
    checksum.update(batch.size());
    for (Publication publication : batch) {
      // A key is its topic's, the first one's: that needs no saying.
      if (publication != batch.get(0)) {
        checksum.update(0);
        checksum.update(publication.topic.name().getBytes(UTF_8));
      }
      checksum.update(publication.body);
      String id = publication.publisherId;
      if (id != null) checksum.update(id.getBytes(UTF_8));
    }
    return (int) checksum.getValue();
  }

  /**
   * The hub knows its topic, which need not be looked for again. From here on the topic is the same
   * object for all its events: a history that keeps them keeps its name once.
   */
  void admit(TopicState state) {
    topicState = state;
    topic = state.topic;
  }

  /** The topic. */
  public Topic topic() {
    return topic;
  }

  /** The id that the publisher supplied, or null. */
  public @Nullable String publisherId() {
    return publisherId;
  }

  /**
   * What names this publishing in its topic, so that a retry is recognised; or null. The history
   * remembers it for {@link History#IDEMPOTENCY_KEYS_KEPT}. Of a batch the first has it.
   */
  public @Nullable String idempotencyKey() {
    return idempotencyKey;
  }

  /**
   * What tells this publishing from another under the same key: a checksum of all that it says, the
   * rest of its batch included.
   */
  public int fingerprint() {
    return fingerprint;
  }

  /** Its block as sent, but for the id; empty if this completes its topic. Not to be written to. */
  public byte[] body() {
    return body;
  }

  /** Whether this completes its topic. */
  public boolean isEnd() {
    return body.length == 0;
  }

  /** Bytes that the event will have about, before it has its place. */
  public int size() {
    return body.length;
  }

  /** The event in its place; {@code time} in milliseconds since 1970. */
  public EncodedEvent placeAt(String epoch, long offset, long time) {
    position = Cursor.format(epoch, offset);
    EncodedEvent event =
        isEnd()
            ? EncodedEvent.endOf(topic, offset, time)
            : EncodedEvent.of(topic, offset, time, publisherId, id(), body);
    event.topicState = topicState;
    return event;
  }

  /**
   * Its place as the id that the hub would give it, whatever its publisher calls it.
   *
   * @throws IllegalStateException if it has no place yet
   */
  public String position() {
    if (position == null) throw new IllegalStateException("it has no place yet");
    return position;
  }

  /**
   * The id under which subscribers get the event.
   *
   * @throws IllegalStateException if it has no place yet
   */
  public String id() {
    String minted = position();
    return publisherId != null ? publisherId : minted;
  }

  /**
   * The event is kept as said.
   *
   * @throws IllegalStateException if it has no place yet
   */
  public void acknowledge(Kept kept) {
    receipt.complete(new Receipt(id(), kept));
  }

  /**
   * A retry: these were kept before, one after the other, and are not kept again.
   *
   * @param position the {@link #position()} that the first had then
   */
  public static void acknowledgeAgain(List<Publication> batch, String position, Kept kept) {
    for (int i = 0; i < batch.size(); i++) {
      Publication publication = batch.get(i);
      String id = publication.publisherId;
      if (id == null) id = Cursor.plus(position, i);
      publication.receipt.complete(new Receipt(id, kept));
    }
  }

  /** The event is not kept, or it is not known whether it is. */
  public void refuse(Throwable why) {
    receipt.completeExceptionally(why);
  }

  CompletableFuture<Receipt> receipt() {
    return receipt;
  }
}
