package io.runnel.client;

import io.runnel.client.ConnectionFailedException.Reason;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A connection over {@code java.net.http}. Redirects are followed here, hop by hop, and the body of
 * an answer that is no event stream is not read at all.
 */
final class HttpConnection implements Connection {
  private static final Duration LONGEST_RETRY_AFTER = Duration.ofHours(1);
  private static final int LONGEST_PROBLEM = 8 << 10;
  private static final Duration LONGEST_WAIT_FOR_PROBLEM = Duration.ofSeconds(2);

  private final HttpClient client;
  private final Receiver receiver;
  private final Timers timers;

  // Written by the thread that a hop's answer comes on; read by whoever cancels.
  private volatile boolean cancelled;
  private volatile @Nullable CompletableFuture<?> exchange;
  private volatile Flow.@Nullable Subscription body;

  private int hops;

  private HttpConnection(HttpClient client, Timers timers, Receiver receiver) {
    this.client = client;
    this.timers = timers;
    this.receiver = receiver;
  }

  static Connector connector(HttpClient client, Timers timers) {
    return (request, receiver) -> {
      var connection = new HttpConnection(client, timers, receiver);
      connection.send(request);
      return connection;
    };
  }

  @Override
  public void request() {
    Flow.Subscription subscription = body;
    if (subscription != null) subscription.request(1);
  }

  @Override
  public void cancel() {
    cancelled = true;
    Flow.Subscription subscription = body;
    if (subscription != null) subscription.cancel();
    CompletableFuture<?> future = exchange;
    if (future != null) future.cancel(true);
  }

  private void send(StreamRequest request) {
    CompletableFuture<HttpResponse<Verdict>> future;
    try {
      future = client.sendAsync(request.toHttpRequest(), info -> judge(request, info));
    } catch (IllegalArgumentException e) {
      receiver.ended(
          new ConnectionFailedException(
              Reason.REQUEST, "the request cannot be sent: " + e.getMessage(), e));
      return;
    }
    exchange = future;
    if (cancelled) future.cancel(true);
    var unused = future.whenComplete((response, failure) -> answered(request, response, failure));
  }

  /** What an answer means for the attempt: the stream itself, or a body that is not read. */
  private BodySubscriber<Verdict> judge(StreamRequest request, HttpResponse.ResponseInfo info) {
    if (cancelled) return new UnreadBody(Verdict.OVER);
    int status = info.statusCode();
    HttpHeaders headers = info.headers();
    if (Redirects.isRedirect(status)) {
      return new UnreadBody(new Verdict(true, status, headers.firstValue("Location")));
    }
    if (status == 200) {
      ConnectionFailedException no = whyNotAnEventStream(headers);
      if (no == null) return new StreamBody(request, headers);
      receiver.ended(no);
    } else if (status == 204) {
      receiver.ended(null);
    } else if (isProblem(headers)) {
      return new ProblemBody(words -> statusFailure(request, status, headers, words));
    } else {
      receiver.ended(statusFailure(request, status, headers, ""));
    }
    return new UnreadBody(Verdict.OVER);
  }

  private static boolean isProblem(HttpHeaders headers) {
    String type = headers.firstValue("Content-Type").orElse("");
    return type.toLowerCase(Locale.ROOT).startsWith("application/problem+json");
  }

  private void answered(
      StreamRequest request,
      @Nullable HttpResponse<Verdict> response,
      @Nullable Throwable failure) {
    if (failure != null || response == null) {
      receiver.ended(networkFailure(failure));
    } else if (response.body().redirect() && !cancelled) {
      follow(request, response.body());
    }
  }

  private void follow(StreamRequest request, Verdict verdict) {
    try {
      if (++hops > Redirects.MOST) {
        throw new ConnectionFailedException(
            Reason.REDIRECT, "more than " + Redirects.MOST + " redirects");
      }
      send(Redirects.follow(request, verdict.status(), verdict.location()));
    } catch (ConnectionFailedException refused) {
      receiver.ended(refused);
    }
  }

  private static @Nullable ConnectionFailedException whyNotAnEventStream(HttpHeaders headers) {
    // "If res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then
    // fail the connection." Parameters do not matter: an event stream is always UTF-8.
    List<String> types = headers.allValues("Content-Type");
    String type = types.isEmpty() ? "" : types.get(types.size() - 1);
    String essence = type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (!essence.equals("text/event-stream")) {
      return new ConnectionFailedException(
          Reason.CONTENT_TYPE, "the answer is no event stream, but of type '" + type + "'");
    }
    String encoding = contentEncoding(headers);
    if (!encoding.isEmpty() && !encoding.equals("gzip")) {
      return new ConnectionFailedException(
          Reason.CONTENT_ENCODING, "the answer is encoded as '" + encoding + "', which is unknown");
    }
    return null;
  }

  /** The content encoding, in lower case; empty if there is none. */
  static String contentEncoding(HttpHeaders headers) {
    String encoding = String.join(",", headers.allValues("Content-Encoding")).strip();
    String name = encoding.toLowerCase(Locale.ROOT);
    if (name.equals("identity")) return "";
    return name.equals("x-gzip") ? "gzip" : name;
  }

  private ConnectionFailedException statusFailure(
      StreamRequest request, int status, HttpHeaders headers, String words) {
    String what = "status " + status + " from " + Redirects.withoutQuery(request.uri());
    return new ConnectionFailedException(
        status,
        words.isEmpty() ? what : what + ": " + words,
        headers.firstValue("Retry-After").map(v -> retryAfter(v, timers.now())).orElse(null));
  }

  /** RFC 9110, 10.2.3: seconds, or a date; null if it is neither. */
  static @Nullable Duration retryAfter(String value, Instant now) {
    String text = value.strip();
    if (text.matches("[0-9]{1,9}")) return clamp(Duration.ofSeconds(Long.parseLong(text)));
    if (text.matches("[0-9]+")) return LONGEST_RETRY_AFTER;
    try {
      var date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
      return clamp(Duration.between(now, date.toInstant()));
    } catch (DateTimeParseException neither) {
      return null;
    }
  }

  private static Duration clamp(Duration wait) {
    if (wait.isNegative()) return Duration.ZERO;
    return wait.compareTo(LONGEST_RETRY_AFTER) > 0 ? LONGEST_RETRY_AFTER : wait;
  }

  private static ConnectionFailedException networkFailure(@Nullable Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return new ConnectionFailedException(Reason.NETWORK, "no connection: " + cause, cause);
  }

  /** What the body of an answer turned out to be. */
  private record Verdict(boolean redirect, int status, Optional<String> location) {
    static final Verdict OVER = new Verdict(false, 0, Optional.empty());
  }

  /**
   * A body that nobody wants: its connection is cut rather than read to an end that may not come.
   */
  private static final class UnreadBody implements BodySubscriber<Verdict> {
    private final CompletableFuture<Verdict> verdict;

    UnreadBody(Verdict verdict) {
      this.verdict = CompletableFuture.completedFuture(verdict);
    }

    @Override
    public CompletionStage<Verdict> getBody() {
      return verdict;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.cancel();
    }

    @Override
    public void onNext(List<ByteBuffer> unread) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onComplete() {}
  }

  /**
   * A refusal that says why (RFC 9457). It is one without its words as well: if they are many, or
   * late, or broken.
   */
  private final class ProblemBody implements BodySubscriber<Verdict> {
    private final Function<String, ConnectionFailedException> failure;
    private final BoundedText text = new BoundedText(LONGEST_PROBLEM);

    ProblemBody(Function<String, ConnectionFailedException> failure) {
      this.failure = failure;
    }

    @Override
    public CompletionStage<Verdict> getBody() {
      return text.getBody()
          .handle(
              (json, unread) -> {
                receiver.ended(failure.apply(json == null ? "" : Json.problem(json)));
                return Verdict.OVER;
              });
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      body = subscription;
      if (cancelled) subscription.cancel();
      else text.onSubscribe(subscription);
      var unused = timers.after(LONGEST_WAIT_FOR_PROBLEM, () -> receiver.ended(failure.apply("")));
    }

    @Override
    public void onNext(List<ByteBuffer> chunks) {
      text.onNext(chunks);
    }

    @Override
    public void onError(Throwable broken) {
      text.onError(broken);
    }

    @Override
    public void onComplete() {
      text.onComplete();
    }
  }

  /** The event stream: asks for bytes only when it is asked, so that demand reaches the socket. */
  private final class StreamBody implements BodySubscriber<Verdict> {
    private final StreamRequest request;
    private final HttpHeaders headers;

    StreamBody(StreamRequest request, HttpHeaders headers) {
      this.request = request;
      this.headers = headers;
    }

    @Override
    public CompletionStage<Verdict> getBody() {
      return CompletableFuture.completedFuture(Verdict.OVER);
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      body = subscription;
      if (cancelled) subscription.cancel();
      else receiver.opened(request.uri(), headers);
    }

    @Override
    public void onNext(List<ByteBuffer> chunks) {
      receiver.bytes(chunks);
    }

    @Override
    public void onError(Throwable failure) {
      String message =
          failure instanceof IOException ? String.valueOf(failure.getMessage()) : "" + failure;
      receiver.ended(
          new ConnectionFailedException(
              Reason.NETWORK, "the connection was lost: " + message, failure));
    }

    @Override
    public void onComplete() {
      receiver.ended(
          new ConnectionFailedException(Reason.ENDED, "the server ended the connection"));
    }
  }
}
