package io.runnel.servlet;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamHandler;
import io.runnel.eventstream.EventStreamParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An event stream as a client gets it over HTTP/1.1 or HTTP/2: a recorder of its events. */
final class Received implements AutoCloseable {
  private static final Event END = Event.of("the end", "");

  final HttpResponse<InputStream> response;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> comments = new LinkedBlockingQueue<>();
  private final BlockingQueue<Duration> retries = new LinkedBlockingQueue<>();

  /** Opens the stream; returns when the head of the answer is there. */
  Received(HttpClient client, String url, String... headers) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(url)).timeout(Waiting.PATIENCE);
    if (headers.length > 0) request.headers(headers);
    response = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    var thread = new Thread(this::read, "received");
    thread.setDaemon(true);
    thread.start();
  }

  private void read() {
    var parser =
        new EventStreamParser(
            new EventStreamHandler() {
              @Override
              public void event(Event event) {
                events.add(event);
              }

              @Override
              public void comment(String comment) {
                comments.add(comment);
              }

              @Override
              public void reconnectionTime(Duration time) {
                retries.add(time);
              }
            });
    var buffer = new byte[8192];
    try (InputStream in = response.body()) {
      for (int count; (count = in.read(buffer)) >= 0; ) parser.feed(buffer, 0, count);
      events.add(END);
    } catch (IOException e) {
      events.add(Event.of("cut", String.valueOf(e.getMessage())));
    }
  }

  /** The next event; a failure if there is none within some seconds. */
  Event next() throws InterruptedException {
    Event event = events.poll(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    if (event == null) throw new AssertionError("no event came");
    return event;
  }

  /** The next event, of which nothing but its data is of interest. */
  String nextData() throws InterruptedException {
    return next().data();
  }

  String nextComment() throws InterruptedException {
    String comment = comments.poll(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    if (comment == null) throw new AssertionError("no comment came");
    return comment;
  }

  Duration nextRetry() throws InterruptedException {
    Duration retry = retries.poll(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    if (retry == null) throw new AssertionError("no retry came");
    return retry;
  }

  /** Waits for the end of the stream; events before it are dropped. */
  void awaitEnd() throws InterruptedException {
    while (!next().equals(END)) {
      // on
    }
  }

  /** Whether the next thing that happens is that the stream ends. */
  boolean endsNow() throws InterruptedException {
    return next().equals(END);
  }

  @Override
  public void close() throws IOException {
    response.body().close();
  }
}
