package io.runnel.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A world of one thread in which time passes when it is told to, and a server of plain calls. */
final class VirtualWorld implements Timers, Connection.Connector {
  final List<Link> links = new ArrayList<>();
  private final List<Due> dues = new ArrayList<>();
  private long nanos;

  private record Due(long at, Runnable task) {}

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public Instant now() {
    return Instant.EPOCH.plusNanos(nanos);
  }

  @Override
  public Timer after(Duration delay, Runnable task) {
    boolean isNever = delay.toDays() > 10_000;
    var due = new Due(isNever ? Long.MAX_VALUE : nanos + delay.toNanos(), task);
    dues.add(due);
    return () -> dues.remove(due);
  }

  /** Lets time pass, and whatever is due happen at its moment. */
  void pass(Duration time) {
    long end = nanos + time.toNanos();
    while (true) {
      var next = dues.stream().min(Comparator.comparingLong(Due::at));
      if (next.isEmpty() || next.get().at() > end) break;
      nanos = next.get().at();
      dues.remove(next.get());
      next.get().task().run();
    }
    nanos = end;
  }

  int timers() {
    return dues.size();
  }

  Link last() {
    return links.get(links.size() - 1);
  }

  @Override
  public Connection connect(StreamRequest request, Connection.Receiver receiver) {
    var link = new Link(request, receiver);
    links.add(link);
    return link;
  }

  EventSource.Builder source() {
    return EventSource.to(URI.create("http://virtual/"))
        .connector(this)
        .timers(this)
        .executor(Runnable::run)
        .chance(() -> 0);
  }

  /** One attempt, seen from the server. */
  static final class Link implements Connection {
    final StreamRequest request;
    final Receiver receiver;
    int requested;
    boolean isCancelled;

    Link(StreamRequest request, Receiver receiver) {
      this.request = request;
      this.receiver = receiver;
    }

    @Override
    public void request() {
      requested++;
    }

    @Override
    public void cancel() {
      isCancelled = true;
    }

    Link open() {
      receiver.opened(request.uri(), HttpHeaders.of(Map.of(), (name, value) -> true));
      return this;
    }

    Link send(String text) {
      receiver.bytes(List.of(ByteBuffer.wrap(text.getBytes(UTF_8)).asReadOnlyBuffer()));
      return this;
    }

    void end(ConnectionFailedException.@Nullable Reason reason) {
      receiver.ended(reason == null ? null : new ConnectionFailedException(reason, "scripted"));
    }
  }
}
