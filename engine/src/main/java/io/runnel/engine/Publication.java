package io.runnel.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamEncoder;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * An event on its way into the history, or the wish to complete a topic.
 *
 * <p>The history calls {@link #placeAt} once, then {@link #acknowledge} or {@link #refuse} once;
 * for a retry only {@link #acknowledgeAgain}.
 */
public final class Publication {
  private static final byte[] END = {};

  private final Topic topic;
  private final @Nullable String publisherId;
  private final byte[] body;
  private final @Nullable String idempotencyKey;
  private final int batchSize;
  private final CompletableFuture<Receipt> receipt = new CompletableFuture<>();
  private @Nullable String id;

  private Publication(
      Topic topic,
      @Nullable String publisherId,
      byte[] body,
      @Nullable String idempotencyKey,
      int batchSize) {
    this.topic = topic;
    this.publisherId = publisherId;
    this.body = body;
    this.idempotencyKey = idempotencyKey;
    this.batchSize = batchSize;
  }

  static Publication of(Topic topic, Event event) {
    return of(topic, event, null);
  }

  static Publication of(Topic topic, Event event, @Nullable String idempotencyKey) {
    return of(topic, event, idempotencyKey, 1);
  }

  /** One of a batch of so many events. */
  static Publication of(Topic topic, Event event, @Nullable String idempotencyKey, int batchSize) {
    byte[] body = EventStreamEncoder.encodeWithoutId(event);
    return new Publication(topic, event.id(), body, idempotencyKey, batchSize);
  }

  static Publication endOf(Topic topic) {
    return new Publication(topic, null, END, null, 1);
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
   * remembers it for {@link History#IDEMPOTENCY_KEYS_KEPT}.
   */
  public @Nullable String idempotencyKey() {
    return idempotencyKey;
  }

  /**
   * What tells this publication from another under the same key: a checksum of what it says, and of
   * how many were published with it.
   */
  public int fingerprint() {
    var checksum = new CRC32C();
    checksum.update(batchSize);
    checksum.update(body);
    if (publisherId != null) checksum.update(publisherId.getBytes(UTF_8));
    return (int) checksum.getValue();
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
    id = publisherId != null ? publisherId : Cursor.format(epoch, offset);
    return isEnd()
        ? EncodedEvent.endOf(topic, offset, time)
        : EncodedEvent.of(topic, offset, time, publisherId, id, body);
  }

  /**
   * The id under which subscribers get the event.
   *
   * @throws IllegalStateException if it has no place yet
   */
  public String id() {
    if (id == null) throw new IllegalStateException("it has no place yet");
    return id;
  }

  /**
   * The event is kept as said.
   *
   * @throws IllegalStateException if it has no place yet
   */
  public void acknowledge(Kept kept) {
    receipt.complete(new Receipt(id(), kept));
  }

  /** A retry: the event was kept before, under this id, and is not kept again. */
  public void acknowledgeAgain(String firstId, Kept kept) {
    receipt.complete(new Receipt(firstId, kept));
  }

  /** The event is not kept, or it is not known whether it is. */
  public void refuse(Throwable why) {
    receipt.completeExceptionally(why);
  }

  CompletableFuture<Receipt> receipt() {
    return receipt;
  }
}
