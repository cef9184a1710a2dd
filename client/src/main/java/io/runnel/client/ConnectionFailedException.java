package io.runnel.client;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A connection to an event stream was not made, or did not last. */
public final class ConnectionFailedException extends IOException {
  /** Why, in one word that a program can act on. */
  public enum Reason {
    /**
     * The request could not be made: a function of the caller threw, or what it gave is illegal.
     */
    REQUEST,
    /** Refused, reset, cut, not HTTP, no answer in time, or a limit of the HTTP client. */
    NETWORK,
    /** The server ended its answer in order. */
    ENDED,
    /** The connection was open, but no byte came for the idle timeout. */
    SILENT,
    /** The answer had another status than 200; see {@link #status()}. */
    STATUS,
    /** The answer was 200, but not a {@code text/event-stream}. */
    CONTENT_TYPE,
    /** The answer came in a content encoding other than gzip, or in broken gzip. */
    CONTENT_ENCODING,
    /** A redirect led nowhere, too far, to a forbidden place, or in a circle. */
    REDIRECT,
    /** A line or an event was longer than its limit, or gzip inflated beyond any proportion. */
    TOO_LONG
  }

  private static final long serialVersionUID = 1;

  private final Reason reason;
  private final int status;
  private final @Nullable Duration retryAfter;

  ConnectionFailedException(Reason reason, String message) {
    this(reason, message, null);
  }

  ConnectionFailedException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.status = 0;
    this.retryAfter = null;
  }

  /** The answer had a status that is not 200. */
  ConnectionFailedException(int status, String message, @Nullable Duration retryAfter) {
    super(message);
    this.reason = Reason.STATUS;
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** Why the connection failed. */
  public Reason reason() {
    return reason;
  }

  /** The HTTP status if the reason is {@link Reason#STATUS}, otherwise 0. */
  public int status() {
    return status;
  }

  /** How long the server asked to wait ({@code Retry-After}), if it did; an hour at most. */
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }

  /**
   * Whether the same request may succeed later: after a failure of the network, an end, silence,
   * and the statuses 429 and 5xx. The standard lets an {@code EventSource} give up at every status
   * but 200; a client on a server outlives the deployment of the one it listens to.
   */
  public boolean isTransient() {
    return switch (reason) {
      case REQUEST, NETWORK, ENDED, SILENT -> true;
      case STATUS -> status == 429 || status >= 500;
      case CONTENT_TYPE, CONTENT_ENCODING, REDIRECT, TOO_LONG -> false;
    };
  }
}
