package io.runnel.spring;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamHandler;
import io.runnel.eventstream.EventStreamParser;
import io.runnel.eventstream.EventStreamTooLongException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.codec.ServerSentEvent;

/** Reads the blocks of a batch, each as Spring knows events. */
final class BatchReader implements EventStreamHandler {
  private final List<ServerSentEvent<String>> events = new ArrayList<>();
  private @Nullable String id;
  private @Nullable Duration retry;

  private BatchReader() {}

  static List<ServerSentEvent<String>> read(byte[] bytes) {
    var reader = new BatchReader();
    try {
      new EventStreamParser(reader).feed(bytes, 0, bytes.length);
    } catch (EventStreamTooLongException impossible) {
      throw new IllegalStateException(impossible);
    }
    return reader.finished();
  }

  @Override
  public void lastEventId(String id) {
    this.id = id;
  }

  @Override
  public void reconnectionTime(Duration time) {
    retry = time;
  }

  @Override
  public void event(Event event) {
    var built = ServerSentEvent.<String>builder().data(event.data());
    if (!event.type().equals(Event.MESSAGE)) built.event(event.type());
    if (id != null) built.id(id);
    if (retry != null) built.retry(retry);
    events.add(built.build());
    id = null;
    retry = null;
  }

  @Override
  public void comment(String comment) {
    events.add(ServerSentEvent.<String>builder().comment(comment).build());
  }

  private List<ServerSentEvent<String>> finished() {
    if (retry != null) events.add(ServerSentEvent.<String>builder().retry(retry).build());
    return events;
  }
}
