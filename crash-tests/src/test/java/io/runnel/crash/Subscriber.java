package io.runnel.crash;

import io.runnel.client.EventHandler;
import io.runnel.client.EventSource;
import io.runnel.client.Gap;
import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamHandler;
import io.runnel.eventstream.EventStreamParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;

/** Who stays subscribed whatever happens to the hub, and writes down what comes. */
abstract class Subscriber implements AutoCloseable {
  final Seen seen;
  final URI uri;

  Subscriber(String name, URI uri) {
    seen = new Seen(name);
    this.uri = uri;
  }

  @Override
  public abstract void close();

  /** Nothing but a socket and the parser; reads in small pieces, some of them slowly. */
  static final class Plain extends Subscriber implements Runnable {
    private final int pauseMillis;
    private final Thread thread;
    private volatile boolean closed;
    private String lastEventId = "";

    Plain(int number, URI uri, int pauseMillis) {
      super("plain " + number + (pauseMillis > 0 ? ", slow" : ""), uri);
      this.pauseMillis = pauseMillis;
      thread = new Thread(this, seen.subscriber);
      thread.setDaemon(true);
      thread.start();
    }

    @Override
    public void run() {
      byte[] bytes = new byte[8192];
      while (!closed) {
        try {
          var connection = (HttpURLConnection) uri.toURL().openConnection();
          connection.setReadTimeout(60_000);
          if (!lastEventId.isEmpty()) connection.setRequestProperty("Last-Event-ID", lastEventId);
          try (InputStream in = connection.getInputStream()) {
            seen.connections.incrementAndGet();
            var parser = new EventStreamParser(new Handler());
            for (int n = in.read(bytes); n >= 0 && !closed; n = in.read(bytes)) {
              parser.feed(bytes, 0, n);
              if (pauseMillis > 0) TimeUnit.MILLISECONDS.sleep(pauseMillis);
            }
          } finally {
            connection.disconnect();
          }
        } catch (IOException e) {
          // The hub is gone.
        } catch (InterruptedException e) {
          return;
        }
        pause();
      }
    }

    private static void pause() {
      try {
        TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextInt(5, 80));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void close() {
      closed = true;
      thread.interrupt();
    }

    private final class Handler implements EventStreamHandler {
      @Override
      public void event(Event event) {
        seen.event(event.type(), event.id() == null ? "" : event.id(), event.data());
      }

      @Override
      public void lastEventId(String id) {
        lastEventId = id;
      }
    }
  }

  /** The client of this project. */
  static final class Client extends Subscriber implements EventHandler {
    private final EventSource source;

    Client(int number, URI uri) {
      super("runnel client " + number, uri);
      source =
          EventSource.to(uri)
              .reconnectionTime(Duration.ofMillis(50))
              .reconnect(interruption -> java.util.Optional.of(Duration.ofMillis(50)))
              .start(this);
    }

    @Override
    public void opened(URI from, HttpHeaders headers) {
      seen.connections.incrementAndGet();
    }

    @Override
    public void event(Event event) {
      seen.event(event.type(), event.id() == null ? "" : event.id(), event.data());
    }

    @Override
    public void gap(Gap gap) {
      seen.gap(gap.toString());
    }

    @Override
    public void close() {
      source.close();
    }
  }

  /** A client and a parser that are not ours: okhttp-sse. It does not reconnect by itself. */
  static final class Foreign extends Subscriber {
    private final OkHttpClient client =
        new OkHttpClient.Builder().readTimeout(Duration.ZERO).build();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private volatile String lastEventId = "";
    private volatile boolean closed;

    Foreign(URI uri) {
      super("okhttp-sse " + okhttp3.OkHttp.VERSION, uri);
      timer.execute(this::connect);
    }

    private void connect() {
      if (closed) return;
      var request = new Request.Builder().url(uri.toString()).header("Accept", "text/event-stream");
      if (!lastEventId.isEmpty()) request.header("Last-Event-ID", lastEventId);
      EventSources.createFactory(client).newEventSource(request.build(), new Listener());
    }

    private void reconnect() {
      if (!closed) timer.schedule(this::connect, 50, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
      closed = true;
      client.dispatcher().cancelAll();
      client.dispatcher().executorService().shutdown();
      client.connectionPool().evictAll();
      timer.shutdownNow();
    }

    private final class Listener extends EventSourceListener {
      @Override
      public void onOpen(okhttp3.sse.EventSource source, Response response) {
        seen.connections.incrementAndGet();
      }

      @Override
      public void onEvent(okhttp3.sse.EventSource source, String id, String type, String data) {
        if (id != null) lastEventId = id;
        seen.event(type == null ? "message" : type, id == null ? "" : id, data);
      }

      @Override
      public void onClosed(okhttp3.sse.EventSource source) {
        reconnect();
      }

      @Override
      public void onFailure(okhttp3.sse.EventSource source, Throwable failure, Response response) {
        reconnect();
      }
    }
  }
}
