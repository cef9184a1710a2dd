package io.runnel.servlet;

import io.runnel.engine.Hub;
import io.runnel.engine.RecurringTask;
import io.runnel.engine.Retention;
import io.runnel.engine.Start;
import io.runnel.engine.TopicPattern;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The streams of an application that one client each can resume.
 *
 * <p>The id of each of their events has the stream's key in it, 128 random bits: by the {@code
 * Last-Event-ID} that its client sends the stream is found again, and nobody else can name it. Even
 * so it is given to none but the user, or the login session, that it was begun for.
 *
 * <p>Safe for any thread.
 */
public final class PrivateStreams {
  /** What the names of their topics begin with. */
  static final String TOPICS = "private/";

  /** All their topics, for rules of retention. */
  public static final TopicPattern PATTERN = new TopicPattern(TOPICS + "*");

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Hub hub;
  private final int limit;
  private final int keptTicks;
  private final Map<String, PrivateStream> streams = new ConcurrentHashMap<>();
  private final AtomicInteger ticks = new AtomicInteger();

  /**
   * None yet.
   *
   * @param limit beyond how many those are forgotten whose clients have been away longest
   * @param kept how long a stream waits for its client to come back, in whole seconds
   */
  public PrivateStreams(Hub hub, int limit, Duration kept) {
    this.hub = hub;
    this.limit = limit;
    keptTicks = (int) kept.toSeconds();
  }

  /**
   * How much of them is to be kept: as {@link Retention#DEFAULT}, but no longer than a client may
   * come back; twice that after an event was sent, since one may have been on its way for a while
   * when the connection was cut.
   */
  public static Retention retention(Duration kept) {
    Retention usual = Retention.DEFAULT;
    return new Retention(usual.events(), usual.bytes(), kept.multipliedBy(2));
  }

  /**
   * A client's stream, and where its connection goes on.
   *
   * @param stream the stream
   * @param start after the last event that the client has; or the beginning
   * @param begins whether the stream is new, so that somebody has to send to it
   */
  public record Found(PrivateStream stream, Start start, boolean begins) {
    /** What a subscription of it asks for; {@code asked} says all but its topic and start. */
    public StreamRequest request(StreamRequest asked) {
      return new StreamRequest(
          List.of(TopicPattern.of(stream.topic())),
          start,
          false, // Its id would be no cursor of this stream.
          asked.heartbeat(),
          asked.padding());
    }
  }

  /**
   * The stream that a client resumes; a new one if it has none, or that is not to be had. A client
   * that comes back to one that is gone is told of the gap, and gets the new one from its
   * beginning.
   *
   * @param asked what the request said: its cursor counts
   * @param owner for whom the stream is; a stream of somebody else is not to be had
   */
  public Found find(StreamRequest asked, String owner) {
    if (asked.start() instanceof Start.After after) {
      PrivateStream stream = streams.get(key(after.cursor()));
      if (stream != null && stream.isOf(owner)) return new Found(stream, after, false);
      return new Found(begin(owner), after, true);
    }
    return new Found(begin(owner), Start.OLDEST, true);
  }

  private static String key(String lastEventId) {
    int dot = lastEventId.lastIndexOf('.');
    return dot < 0 ? lastEventId : lastEventId.substring(0, dot);
  }

  private PrivateStream begin(String owner) {
    if (streams.size() >= limit) forgetLongestAway();
    byte[] random = new byte[16];
    RANDOM.nextBytes(random);
    String key = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    var stream = new PrivateStream(hub, key, owner, ticks.get());
    streams.put(key, stream);
    return stream;
  }

  /** Streams whose clients are there are as many as there are connections, which have a limit. */
  private void forgetLongestAway() {
    int now = ticks.get();
    streams.values().stream()
        .filter(stream -> stream.awayFor(now) >= 0)
        .max(Comparator.comparingInt(stream -> stream.awayFor(now)))
        .ifPresent(this::forget);
  }

  private void forget(PrivateStream stream) {
    streams.remove(stream.key());
    stream.giveUp();
  }

  /** A connection to the stream begins; what is returned is to be run when it has ended. */
  public Runnable attach(PrivateStream stream) {
    stream.attached();
    return () -> stream.detached(ticks.get());
  }

  /** How many there are, those that have ended and can be resumed included. */
  public int size() {
    return streams.size();
  }

  /** To be called about once a second: forgets those whose clients stay away. */
  public void tick() {
    int now = ticks.incrementAndGet();
    RecurringTask.forEach(
        streams.values(),
        stream -> {
          if (stream.awayFor(now) >= keptTicks) forget(stream);
        });
  }
}
