package io.runnel.eventstream;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A handler that writes down all that it hears, in order. */
final class Recorder implements EventStreamHandler {
  record Comment(String text) {}

  record ReconnectionTime(Duration time) {}

  record LastEventId(String id) {}

  record TooLong(EventStreamTooLongException.Part part, int limit) {}

  record LargeEvent(String typeSoFar, String idSoFar, String data, Event end) {}

  /** The pieces of the large event that has not ended. */
  final StringBuilder pieces = new StringBuilder();

  private String typeSoFar = "";
  private String idSoFar = "";

  /** All that was heard: an {@link Event} or one of the records above. */
  final List<Object> heard = new ArrayList<>();

  List<Event> events() {
    return heard.stream().filter(Event.class::isInstance).map(Event.class::cast).toList();
  }

  @Override
  public void event(Event event) {
    heard.add(event);
  }

  @Override
  public void comment(String comment) {
    heard.add(new Comment(comment));
  }

  @Override
  public void reconnectionTime(Duration time) {
    heard.add(new ReconnectionTime(time));
  }

  @Override
  public void lastEventId(String id) {
    heard.add(new LastEventId(id));
  }

  @Override
  public void tooLong(EventStreamTooLongException skipped) {
    heard.add(new TooLong(skipped.part(), skipped.limit()));
  }

  @Override
  public void largeEventBegins(String type, String lastEventId) {
    pieces.setLength(0);
    typeSoFar = type;
    idSoFar = lastEventId;
  }

  @Override
  public void largeEventData(String piece) {
    pieces.append(piece);
  }

  @Override
  public void largeEventEnds(Event event) {
    heard.add(new LargeEvent(typeSoFar, idSoFar, pieces.toString(), event));
  }
}
