package io.runnel.engine;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives events their order and keeps them.
 *
 * <p>Offsets begin at 1 and grow by one from event to event over all topics. The <em>epoch</em>
 * names one incarnation of the history: a history that was lost, restored or damaged gets a new
 * one. Everything is called from any thread unless it says otherwise.
 */
public interface History extends AutoCloseable {
  /** How long a history remembers idempotency keys, unless there are too many. */
  Duration IDEMPOTENCY_KEYS_KEPT = Duration.ofHours(24);

  /**
   * Begins. Called once, before anything else. Tells the listener of every topic kept, and from now
   * on of every event appended, here or on another node.
   *
   * @return the epoch and the last offset given
   * @throws IOException if what is kept cannot be read
   */
  Opened open(HistoryListener listener) throws IOException;

  /**
   * Gives the event its place and keeps it: places it ({@link Publication#placeAt}), tells the
   * listener, and acknowledges or refuses the publication, in that order and perhaps later, on
   * another thread. An event of a topic that is complete is refused with {@link
   * TopicCompletedException}; others with what {@link Hub#publish} says. Does not block for longer
   * than memory takes.
   *
   * <p>A publication whose {@link Publication#idempotencyKey()} is remembered for its topic is not
   * kept again: it is acknowledged with the first one's id ({@link Publication#acknowledgeAgain}),
   * or refused with {@link IdempotencyKeyReusedException} if it says something else.
   */
  void append(Publication publication);

  /**
   * Appends several, all or nothing: they get places one after the other, and after a crash all of
   * them are kept or none. If one is refused, all are, for the same reason. What is said of the
   * first one's {@link Publication#idempotencyKey()} goes for all of them. A history that cannot do
   * this refuses more than one.
   */
  default void appendAll(List<Publication> publications) {
    if (publications.size() == 1) {
      append(publications.get(0));
      return;
    }
    var why = new UnsupportedOperationException("this history keeps no batches");
    publications.forEach(publication -> publication.refuse(why));
  }

  /**
   * Reads events of the topics with {@code after < offset <= through}, oldest first, until {@code
   * maxBytes} are full but at least one. Answers once, here or later on another thread; O(log n) to
   * find the place.
   */
  void read(List<Topic> topics, long after, long through, int maxBytes, ReadAnswer answer);

  /**
   * Finds the oldest event kept in the topics under an id that its publisher supplied. Some of the
   * topics may have been forgotten. Answers once, here or later on another thread; O(log n), never
   * a scan.
   */
  void find(List<Topic> topics, String publisherId, FindAnswer answer);

  /** Enforces retention by age as of now; called about once a second, bounded work each time. */
  default void maintain(Instant now) {}

  /**
   * The hub knows no more of this topic, of which nothing was kept: the history need not either.
   * Until then it remembers how far the topic was trimmed, and whether it is complete.
   */
  default void forget(Topic topic) {}

  /**
   * Why no event will be acknowledged any more until the process starts anew, as a sentence; null
   * while all is well. What is kept can still be read.
   */
  default @Nullable String failure() {
    return null;
  }

  /**
   * Why publications are refused until there is room for them, as a sentence; null while there is.
   * What is kept can be read, and it needs no restart.
   */
  default @Nullable String shortage() {
    return null;
  }

  /** What it holds. Called about once in some seconds; may look at each topic, not each event. */
  default HistoryStatistics statistics() {
    return HistoryStatistics.NONE;
  }

  @Override
  void close();

  /**
   * What a history begins with.
   *
   * @param epoch 8 characters of {@code [0-9a-z]}
   * @param lastOffset the last offset given, 0 if none
   * @param forgottenThrough events up to here may have been in topics that the history has
   *     forgotten: of a topic that it does not tell of, they are no longer kept
   */
  record Opened(String epoch, long lastOffset, long forgottenThrough) {
    /** A history that has forgotten no topic. */
    public Opened(String epoch, long lastOffset) {
      this(epoch, lastOffset, 0);
    }
  }

  /** Takes what was read. */
  interface ReadAnswer {
    /**
     * What was read.
     *
     * @param events the events, oldest first
     * @param through everything up to here has been read
     * @param trimmedThrough for each topic asked, in order: the offset of its newest event that is
     *     no longer kept, as of the reading; 0 if none
     */
    void read(List<EncodedEvent> events, long through, long[] trimmedThrough);

    /** It could not be read. */
    void failed(IOException failure);
  }

  /** Takes what was found. */
  interface FindAnswer {
    /**
     * What was found.
     *
     * @param offset the oldest event kept under the id, or 0 if there is none
     * @param repeats whether older events under the same id may have been there: then a subscriber
     *     that resumes here may have stood elsewhere
     */
    void found(long offset, boolean repeats);
  }
}
