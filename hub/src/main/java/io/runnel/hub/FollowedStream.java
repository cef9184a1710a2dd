package io.runnel.hub;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamHandler;
import io.runnel.eventstream.EventStreamParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An event stream that is followed across interruptions, on the caller's thread.
 *
 * <p>The first connection must succeed, as a mistyped address never will; a later one is tried
 * again and again, with the last event ID, after the stream's reconnection time and longer each
 * time that it fails.
 */
final class FollowedStream {
  private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(30);
  private static final Duration LONGEST_WAIT = Duration.ofHours(1);

  private final URI address;
  private final @Nullable String token;
  private final Predicate<Event> receiver;
  private final Consumer<String> notices;
  private final HttpClient client = HubCalls.client();
  private final EventStreamParser parser = new EventStreamParser(new Handler());
  private Duration reconnectionTime = Duration.ofSeconds(3);
  private boolean connectedOnce;
  private int failures;
  private boolean over;

  /**
   * A stream that nobody follows yet.
   *
   * @param cursor the last event ID to begin with, or empty
   * @param receiver gets the events; answers whether to go on
   * @param notices hears what happens to the connection
   * @throws ConfigException if no stream can have such a cursor
   */
  FollowedStream(
      URI address,
      @Nullable String token,
      String cursor,
      Predicate<Event> receiver,
      Consumer<String> notices)
      throws ConfigException {
    this.address = address;
    this.token = token;
    this.receiver = receiver;
    this.notices = notices;
    try {
      parser.restart(cursor);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Follows until the stream is over, or the receiver has enough.
   *
   * @throws IOException if the first connection fails, or the server refuses for good
   */
  void follow() throws IOException, InterruptedException, ConfigException {
    while (!over) {
      try {
        connect();
        if (!over) notices.accept("the stream ended; reconnecting");
      } catch (RefusedException e) {
        throw e;
      } catch (IOException e) {
        if (!connectedOnce) throw HubCalls.explained(e, address, "no event stream");
        if (failures == 0) notices.accept("the connection broke; reconnecting");
        failures++;
      }
      if (!over) TimeUnit.MILLISECONDS.sleep(waitMillis());
    }
  }

  private void connect() throws IOException, InterruptedException, ConfigException {
    HttpResponse<InputStream> response = client.send(request(), BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      int status = response.statusCode();
      // WHATWG HTML 9.2.3: 204 tells a client to stop reconnecting.
      if (status == 204) {
        over = true;
        return;
      }
      String type = response.headers().firstValue("Content-Type").orElse("");
      if (status != 200) {
        String problem = HubCalls.problem(status, body.readNBytes(64 << 10));
        if (status >= 500 && connectedOnce) throw new IOException(problem);
        throw new RefusedException(problem);
      }
      if (!type.startsWith("text/event-stream")) {
        throw new RefusedException(address + " is no event stream but " + Printable.line(type));
      }
      if (failures > 0) notices.accept("connected again");
      connectedOnce = true;
      failures = 0;
      read(body);
    }
  }

  private void read(InputStream body) throws IOException {
    parser.restart();
    byte[] buffer = new byte[16 << 10];
    for (int length; !over && (length = body.read(buffer)) >= 0; ) {
      parser.feed(buffer, 0, length);
    }
  }

  private HttpRequest request() throws ConfigException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address)
            .header("Accept", "text/event-stream")
            .header("Cache-Control", "no-store");
    String cursor = parser.lastEventId();
    // HttpClient refuses a header that is not ASCII, and one loses spaces at its ends.
    if (cursor.matches("[!-~]+")) {
      request.header("Last-Event-ID", cursor);
    } else if (!cursor.isEmpty()) {
      String inQuery = HubAddress.with(address.toString(), "lastEventId", cursor);
      request.uri(HubAddress.uri(inQuery));
    }
    if (token != null) HubCalls.authorize(request, token);
    return request.build();
  }

  private long waitMillis() {
    long least = reconnectionTime.toMillis();
    long longer = least << Math.min(failures, 10);
    long wait = Math.max(least, Math.min(longer, LONGEST_BACKOFF.toMillis()));
    return wait + ThreadLocalRandom.current().nextLong(wait / 2 + 1);
  }

  /** The server said no; asking again would not help. */
  private static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    RefusedException(String why) {
      super(why);
    }
  }

  private final class Handler implements EventStreamHandler {
    @Override
    public void event(Event event) {
      if (!over && !receiver.test(event)) over = true;
    }

    @Override
    public void reconnectionTime(Duration time) {
      reconnectionTime = time.compareTo(LONGEST_WAIT) < 0 ? time : LONGEST_WAIT;
    }
  }
}
