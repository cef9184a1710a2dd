package io.runnel.engine;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamEncoder;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An event on its way into the history, or the wish to complete a topic.
 *
 * <p>The history calls {@link #placeAt} once, then {@link #acknowledge} or {@link #refuse} once.
 */
public final class Publication {
  private static final byte[] END = {};

  private final Topic topic;
  private final @Nullable String publisherId;
  private final byte[] body;
  private final CompletableFuture<Receipt> receipt = new CompletableFuture<>();
  private @Nullable String id;

  private Publication(Topic topic, @Nullable String publisherId, byte[] body) {
    this.topic = topic;
    this.publisherId = publisherId;
    this.body = body;
  }

  static Publication of(Topic topic, Event event) {
    return new Publication(topic, event.id(), EventStreamEncoder.encodeWithoutId(event));
  }

  static Publication endOf(Topic topic) {
    return new Publication(topic, null, END);
  }

  /** The topic. */
  public Topic topic() {
    return topic;
  }

  /** The id that the publisher supplied, or null. */
  public @Nullable String publisherId() {
    return publisherId;
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
   * The event is kept as said.
   *
   * @throws IllegalStateException if it has no place yet
   */
  public void acknowledge(Kept kept) {
    if (id == null) throw new IllegalStateException("acknowledged before it was placed");
    receipt.complete(new Receipt(id, kept));
  }

  /** The event is not kept, or it is not known whether it is. */
  public void refuse(Throwable why) {
    receipt.completeExceptionally(why);
  }

  CompletableFuture<Receipt> receipt() {
    return receipt;
  }
}
