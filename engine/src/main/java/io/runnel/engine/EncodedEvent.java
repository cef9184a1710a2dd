package io.runnel.engine;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import io.runnel.eventstream.EventStreamEncoder;
import org.jspecify.annotations.Nullable;

/**
 * An event in its place: encoded once, for everybody. Also the mark that ends a topic, which has a
 * place but no bytes.
 *
 * <p>Immutable but for its array of bytes, which nobody may write to.
 */
public final class EncodedEvent {
  private static final byte[] NONE = {};

  private final Topic topic;
  private final long offset;
  private final long time;
  private final @Nullable String publisherId;
  private final byte[] bytes;

  /** As it was when the event was admitted; set right by the hub before anybody else sees it. */
  @Nullable TopicState topicState;

  private EncodedEvent(
      Topic topic, long offset, long time, @Nullable String publisherId, byte[] bytes) {
    if (offset < 1) throw new IllegalArgumentException("offset " + offset);
    this.topic = requireNonNull(topic);
    this.offset = offset;
    this.time = time;
    this.publisherId = publisherId;
    this.bytes = bytes;
  }

  /**
   * An event read back from where it was kept.
   *
   * @param time when it was published, in milliseconds since 1970
   * @param publisherId the id that its publisher supplied, or null if the hub minted it
   * @param bytes its block as sent; empty for the mark that ends a topic
   */
  public static EncodedEvent of(
      Topic topic, long offset, long time, @Nullable String publisherId, byte[] bytes) {
    return new EncodedEvent(topic, offset, time, publisherId, bytes);
  }

  /**
   * An event read back from where its body was kept without its id.
   *
   * @param epoch the history's epoch: part of the id, unless the publisher supplied one
   * @param body {@link Publication#body()}
   */
  public static EncodedEvent ofBody(
      String epoch,
      Topic topic,
      long offset,
      long time,
      @Nullable String publisherId,
      byte[] body) {
    if (body.length == 0) return endOf(topic, offset, time);
    String id = publisherId != null ? publisherId : Cursor.format(epoch, offset);
    return of(topic, offset, time, publisherId, id, body);
  }

  static EncodedEvent endOf(Topic topic, long offset, long time) {
    return new EncodedEvent(topic, offset, time, null, NONE);
  }

  static EncodedEvent of(
      Topic topic, long offset, long time, @Nullable String publisherId, String id, byte[] body) {
    byte[] idLine = EventStreamEncoder.encodeId(id);
    byte[] bytes = new byte[idLine.length + body.length];
    System.arraycopy(idLine, 0, bytes, 0, idLine.length);
    System.arraycopy(body, 0, bytes, idLine.length, body.length);
    return new EncodedEvent(topic, offset, time, publisherId, bytes);
  }

  /** Its topic. */
  public Topic topic() {
    return topic;
  }

  /** Its place in the order of all events. */
  public long offset() {
    return offset;
  }

  /** When it was published, in milliseconds since 1970. */
  public long time() {
    return time;
  }

  /** The id that its publisher supplied, or null if the hub minted it. */
  public @Nullable String publisherId() {
    return publisherId;
  }

  /** Its block as sent, id and closing blank line included; empty for the end of a topic. */
  public byte[] bytes() {
    return bytes;
  }

  /** Whether this is the mark that ends its topic. */
  public boolean isEnd() {
    return bytes.length == 0;
  }

  @Override
  public String toString() {
    return offset + " " + topic + ": " + new String(bytes, US_ASCII).replace("\n", "\\n");
  }
}
