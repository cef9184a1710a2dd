package io.runnel.spring.test;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamHandler;
import io.runnel.eventstream.EventStreamParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * An event stream that is open. A thread of its own reads it; each {@code next} takes what has
 * come, or waits for it as long as its patience lasts. For one thread.
 */
public final class TestStream implements AutoCloseable {
  /** The longest that an answer may take to begin. */
  private static final Duration OPENING = Duration.ofSeconds(10);

  private final InputStream body;
  private final HttpResponse<InputStream> answer;
  private final Duration patience;
  private final LinkedBlockingQueue<Signal> signals = new LinkedBlockingQueue<>();

  private sealed interface Signal {}

  private record Dispatched(Event event) implements Signal {}

  private record Commented(String comment) implements Signal {}

  private record Ended(@Nullable IOException why) implements Signal {}

  private TestStream(HttpResponse<InputStream> answer, Duration patience) {
    this.answer = answer;
    this.patience = patience;
    body = answer.body();
    var reader = new Thread(this::read, "runnel-test-stream");
    reader.setDaemon(true);
    reader.start();
  }

  static TestStream open(HttpClient http, HttpRequest request, Duration patience) {
    CompletableFuture<HttpResponse<InputStream>> answered =
        http.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream());
    try {
      HttpResponse<InputStream> answer = answered.get(OPENING.toMillis(), TimeUnit.MILLISECONDS);
      String type = answer.headers().firstValue("Content-Type").orElse("none");
      if (answer.statusCode() != 200 || !type.startsWith("text/event-stream")) {
        throw new AssertionError(
            request.uri() + " answers " + answer.statusCode() + " with content type " + type);
      }
      return new TestStream(answer, patience);
    } catch (TimeoutException e) {
      answered.cancel(true);
      throw new AssertionError(request.uri() + " did not answer within " + OPENING, e);
    } catch (ExecutionException e) {
      throw new AssertionError(request.uri() + " cannot be reached: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private void read() {
    var parser =
        new EventStreamParser(
            new EventStreamHandler() {
              @Override
              public void event(Event event) {
                signals.add(new Dispatched(event));
              }

              @Override
              public void comment(String comment) {
                signals.add(new Commented(comment));
              }
            });
    byte[] bytes = new byte[8192];
    try (InputStream in = body) {
      for (int count; (count = in.read(bytes)) >= 0; ) parser.feed(bytes, 0, count);
      signals.add(new Ended(null));
    } catch (IOException e) {
      signals.add(new Ended(e));
    }
  }

  /** A header of the answer; null if it has none of the name. */
  public @Nullable String header(String name) {
    return answer.headers().firstValue(name).orElse(null);
  }

  /**
   * The next event of the application: the hub's own {@code runnel.open} and {@code
   * runnel.heartbeat} are passed over, a {@code runnel.gap} is not.
   *
   * @throws AssertionError if none comes in time, or the stream ends
   */
  public Event next() {
    while (true) {
      Event event = nextOfAll();
      String type = event.type();
      if (!type.equals("runnel.open") && !type.equals("runnel.heartbeat")) return event;
    }
  }

  /** The next events of the application. */
  public List<Event> next(int count) {
    var events = new ArrayList<Event>();
    while (events.size() < count) events.add(next());
    return events;
  }

  /** The next event, the hub's own included. */
  public Event nextOfAll() {
    while (true) {
      Signal signal = await("event");
      if (signal instanceof Dispatched dispatched) return dispatched.event();
      if (signal instanceof Ended ended) throw new AssertionError("the stream ended " + why(ended));
    }
  }

  /**
   * Waits for a heartbeat: a comment, or an event of its type.
   *
   * @throws AssertionError if another event comes first, or none in time
   */
  public void expectHeartbeat() {
    while (true) {
      Signal signal = await("heartbeat");
      if (signal instanceof Commented) return;
      if (signal instanceof Ended ended) throw new AssertionError("the stream ended " + why(ended));
      if (!(signal instanceof Dispatched dispatched)) continue;
      if (dispatched.event().type().equals("runnel.heartbeat")) return;
      if (!dispatched.event().type().equals("runnel.open")) {
        throw new AssertionError("an event came before a heartbeat: " + dispatched.event());
      }
    }
  }

  /**
   * Waits for the end of the stream.
   *
   * @throws AssertionError if an event of the application comes first, or no end in time
   */
  public void expectEnd() {
    while (true) {
      Signal signal = await("end");
      if (signal instanceof Ended) return;
      if (signal instanceof Dispatched dispatched
          && !dispatched.event().type().equals("runnel.open")
          && !dispatched.event().type().equals("runnel.heartbeat")) {
        throw new AssertionError("an event came before the end: " + dispatched.event());
      }
    }
  }

  /**
   * Waits, to see that nothing of the application comes.
   *
   * @throws AssertionError if an event comes
   */
  public void expectNothingFor(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    for (Signal signal; (signal = poll(end - System.nanoTime())) != null; ) {
      if (signal instanceof Dispatched dispatched
          && !dispatched.event().type().equals("runnel.open")
          && !dispatched.event().type().equals("runnel.heartbeat")) {
        throw new AssertionError("an event came: " + dispatched.event());
      }
      if (signal instanceof Ended ended) throw new AssertionError("the stream ended " + why(ended));
    }
  }

  private static String why(Ended ended) {
    return ended.why() == null ? "by itself" : "because " + ended.why();
  }

  private Signal await(String what) {
    Signal signal = poll(patience.toNanos());
    if (signal == null) throw new AssertionError("no " + what + " within " + patience);
    return signal;
  }

  private @Nullable Signal poll(long nanos) {
    try {
      return signals.poll(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Leaves, as a client that closes its tab. */
  @Override
  public void close() {
    try {
      body.close();
    } catch (IOException alreadyGone) {
      // So be it.
    }
  }
}
