package io.runnel.client;

import io.runnel.client.ConnectionFailedException.Reason;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way to the hub: its attempts, one after the other, under one idempotency key.
 * Each step follows from the end of the one before, so the fields of the attempts need no lock.
 *
 * @param <R> what acknowledges it
 */
final class Publication<R> {
  private static final Duration FIRST_DELAY = Duration.ofMillis(250);

  private final RunnelPublisher.Settings settings;
  private final Content<R> content;
  private final String key = UUID.randomUUID().toString();
  private final CompletableFuture<R> receipt = new CompletableFuture<>();
  private final AtomicBoolean isOver = new AtomicBoolean();
  private final Consumer<Publication<R>> whenOver;
  private final long startedAt;

  private volatile @Nullable CompletableFuture<?> exchange;

  // The attempts; written by one, read by the next, and by whoever gives up.
  private final AtomicInteger attempts = new AtomicInteger();
  private volatile boolean mayBePublished;
  private volatile int lastStatus;

  /** Tells {@code whenOver} before the receipt is completed. */
  Publication(
      RunnelPublisher.Settings settings, Content<R> content, Consumer<Publication<R>> whenOver) {
    this.settings = settings;
    this.content = content;
    this.whenOver = whenOver;
    this.startedAt = settings.timers().nanoTime();
  }

  CompletableFuture<R> receipt() {
    return receipt;
  }

  void start() {
    attempt();
  }

  private void attempt() {
    if (isOver.get()) return;
    attempts.incrementAndGet();
    HttpRequest request;
    try {
      request = RunnelPublisher.request(settings, content, key);
    } catch (RuntimeException e) {
      failed(
          new ConnectionFailedException(Reason.REQUEST, "the request could not be made: " + e, e));
      return;
    }
    var answer =
        settings.client().sendAsync(request, info -> new BoundedText(content.longestAnswer()));
    exchange = answer;
    var isLate = new AtomicBoolean();
    Timers.Timer timeout =
        settings
            .timers()
            .after(
                settings.attemptTimeout(),
                () -> {
                  isLate.set(true);
                  answer.cancel(true);
                });
    var unused =
        answer.whenComplete(
            (response, failure) -> {
              timeout.cancel();
              if (response != null) answered(response);
              else notAnswered(isLate.get() ? late() : failure);
            });
    if (isOver.get()) answer.cancel(true);
  }

  private HttpTimeoutException late() {
    return new HttpTimeoutException(
        "no answer within " + settings.attemptTimeout().toMillis() + " ms");
  }

  private void notAnswered(@Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    boolean neverLeft =
        cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException;
    if (!neverLeft) mayBePublished = true;
    lastStatus = 0;
    String what =
        cause instanceof HttpTimeoutException ? cause.getMessage() : "no answer: " + cause;
    failed(new ConnectionFailedException(Reason.NETWORK, String.valueOf(what), cause));
  }

  private void answered(HttpResponse<String> response) {
    int status = response.statusCode();
    lastStatus = status;
    Map<String, Object> said = Json.object(response.body());
    if (status >= 200 && status < 300) {
      R acknowledgement = content.receipt(said);
      if (acknowledgement != null) {
        acknowledged(acknowledgement);
        return;
      }
      mayBePublished = true;
      giveUp(
          "status "
              + status
              + " without a receipt: is "
              + Redirects.withoutQuery(content.uri())
              + " a hub?",
          null);
      return;
    }
    // What stands between us and the hub may have lost its answer.
    if (status >= 500) mayBePublished = true;
    Duration retryAfter =
        response
            .headers()
            .firstValue("Retry-After")
            .map(value -> HttpConnection.retryAfter(value, settings.timers().now()))
            .orElse(null);
    String words = Json.problem(response.body());
    String refusal = "status " + status + (words.isEmpty() ? "" : ": " + words);
    failed(new ConnectionFailedException(status, refusal, retryAfter));
  }

  private void failed(ConnectionFailedException cause) {
    var asked =
        new Interruption(
            cause, attempts.get(), Duration.ZERO, FIRST_DELAY, settings.chance().getAsDouble());
    Optional<Duration> delay = settings.policy().delay(asked);
    Duration spent = Duration.ofNanos(settings.timers().nanoTime() - startedAt);
    boolean hasTime =
        delay.isPresent() && spent.plus(delay.get()).compareTo(settings.giveUpAfter()) < 0;
    if (!hasTime) {
      String after = attempts.get() == 1 ? "" : ", after " + attempts + " attempts";
      giveUp(cause.getMessage() + after, cause);
      return;
    }
    var unused = settings.timers().after(delay.get(), this::attempt);
  }

  private void acknowledged(R acknowledgement) {
    if (!isOver.compareAndSet(false, true)) return;
    whenOver.accept(this);
    receipt.complete(acknowledgement);
  }

  /** Fails the receipt and stops trying; idempotent, any thread. */
  void giveUp(String why, @Nullable Throwable cause) {
    if (!isOver.compareAndSet(false, true)) return;
    CompletableFuture<?> running = exchange;
    boolean wasRunning = false;
    if (running != null && !running.isDone()) {
      wasRunning = true;
      running.cancel(true);
    }
    whenOver.accept(this);
    receipt.completeExceptionally(
        new PublishFailedException(why, mayBePublished || wasRunning, lastStatus, cause));
  }
}
