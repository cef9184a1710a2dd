package io.runnel.servlet;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * The limits of the event streams of a web application, each with its default in {@link #DEFAULT}.
 *
 * @param lanes how many threads write to clients, 1 to 64
 * @param maxStreams the most event streams that are open at once; who comes then is sent away with
 *     a time to come back
 * @param maxSources the most {@link EventSource}s that run {@code onOpen} or {@code onResume} at
 *     once
 * @param maxPendingBytes the most bytes of {@link Emitter} events that a client has not taken yet;
 *     a client that falls further behind is disconnected
 * @param maxBodyBytes the longest body of a publish
 * @param reconnectionTime the least of {@code retry:} for streams that were sent away or released
 * @param heartbeat how long a stream without topics may be quiet, in whole seconds, at least one;
 *     with topics the hub's own time counts
 * @param writeTimeout how long a client may take nothing at all before it is disconnected, in whole
 *     seconds
 * @param resumableFor how long a {@link PrivateStream} waits for its client to come back, in whole
 *     seconds
 * @param endsWithSession whether a stream ends when the {@code HttpSession} of its request is
 *     invalidated, by a logout or its own timeout
 */
public record EventStreamsSettings(
    int lanes,
    int maxStreams,
    int maxSources,
    int maxPendingBytes,
    int maxBodyBytes,
    Duration reconnectionTime,
    Duration heartbeat,
    Duration writeTimeout,
    Duration resumableFor,
    boolean endsWithSession) {
  /**
   * A lane a processor, but at most 4; 10,000 streams; 10,000 sources with virtual threads (Java 24
   * or newer), else 256; 256 KiB pending; bodies of 1 MiB; 2 s, 15 s, 60 s, 10 minutes; streams end
   * with their session.
   */
  public static final EventStreamsSettings DEFAULT =
      new EventStreamsSettings(
          Math.min(4, Runtime.getRuntime().availableProcessors()),
          10_000,
          SourceThreads.areVirtual() ? 10_000 : 256,
          256 << 10,
          1 << 20,
          Duration.ofSeconds(2),
          Duration.ofSeconds(15),
          Duration.ofSeconds(60),
          Duration.ofMinutes(10),
          true);

  private static final int MAX_LANES = 64;

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of its range; the message names it
   */
  public EventStreamsSettings {
    if (lanes < 1 || lanes > MAX_LANES) {
      throw new IllegalArgumentException(lanes + " lanes: 1 to " + MAX_LANES + " are possible");
    }
    requirePositive("streams", maxStreams);
    requirePositive("sources", maxSources);
    requirePositive("pending bytes", maxPendingBytes);
    requirePositive("bytes a body", maxBodyBytes);
    if (reconnectionTime.isNegative()) {
      throw new IllegalArgumentException("reconnection time of " + reconnectionTime);
    }
    requireSeconds("heartbeat", heartbeat);
    requireSeconds("write timeout", writeTimeout);
    requireSeconds("time to resume", resumableFor);
  }

  private static void requirePositive(String what, long value) {
    if (value < 1) throw new IllegalArgumentException(value + " " + what);
  }

  private static void requireSeconds(String what, Duration value) {
    if (value.toSeconds() < 1) throw new IllegalArgumentException(what + " of " + value);
  }

  /** These settings with another number of lanes. */
  public EventStreamsSettings withLanes(int lanes) {
    return changed(copy -> copy.lanes = lanes);
  }

  /** These settings with another limit of streams. */
  public EventStreamsSettings withMaxStreams(int maxStreams) {
    return changed(copy -> copy.maxStreams = maxStreams);
  }

  /** These settings with another limit of sources. */
  public EventStreamsSettings withMaxSources(int maxSources) {
    return changed(copy -> copy.maxSources = maxSources);
  }

  /** These settings with another limit of pending bytes. */
  public EventStreamsSettings withMaxPendingBytes(int maxPendingBytes) {
    return changed(copy -> copy.maxPendingBytes = maxPendingBytes);
  }

  /** These settings with another limit of a publish's body. */
  public EventStreamsSettings withMaxBodyBytes(int maxBodyBytes) {
    return changed(copy -> copy.maxBodyBytes = maxBodyBytes);
  }

  /** These settings with another reconnection time. */
  public EventStreamsSettings withReconnectionTime(Duration reconnectionTime) {
    return changed(copy -> copy.reconnectionTime = reconnectionTime);
  }

  /** These settings with another heartbeat. */
  public EventStreamsSettings withHeartbeat(Duration heartbeat) {
    return changed(copy -> copy.heartbeat = heartbeat);
  }

  /** These settings with another write timeout. */
  public EventStreamsSettings withWriteTimeout(Duration writeTimeout) {
    return changed(copy -> copy.writeTimeout = writeTimeout);
  }

  /** These settings with another time for private streams to be resumed. */
  public EventStreamsSettings withResumableFor(Duration resumableFor) {
    return changed(copy -> copy.resumableFor = resumableFor);
  }

  /** These settings with streams that end with their session, or do not. */
  public EventStreamsSettings withEndsWithSession(boolean endsWithSession) {
    return changed(copy -> copy.endsWithSession = endsWithSession);
  }

  private EventStreamsSettings changed(Consumer<Copy> change) {
    var copy = new Copy(this);
    change.accept(copy);
    return copy.settings();
  }

  /** The values on their way from one record to the next. */
  private static final class Copy {
    private int lanes;
    private int maxStreams;
    private int maxSources;
    private int maxPendingBytes;
    private int maxBodyBytes;
    private Duration reconnectionTime;
    private Duration heartbeat;
    private Duration writeTimeout;
    private Duration resumableFor;
    private boolean endsWithSession;

    Copy(EventStreamsSettings from) {
      lanes = from.lanes;
      maxStreams = from.maxStreams;
      maxSources = from.maxSources;
      maxPendingBytes = from.maxPendingBytes;
      maxBodyBytes = from.maxBodyBytes;
      reconnectionTime = from.reconnectionTime;
      heartbeat = from.heartbeat;
      writeTimeout = from.writeTimeout;
      resumableFor = from.resumableFor;
      endsWithSession = from.endsWithSession;
    }

    EventStreamsSettings settings() {
      return new EventStreamsSettings(
          lanes,
          maxStreams,
          maxSources,
          maxPendingBytes,
          maxBodyBytes,
          reconnectionTime,
          heartbeat,
          writeTimeout,
          resumableFor,
          endsWithSession);
    }
  }
}
