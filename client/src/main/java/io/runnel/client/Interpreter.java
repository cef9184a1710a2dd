package io.runnel.client;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamHandler;
import io.runnel.eventstream.EventStreamTooLongException;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the parser reads, put into the outflow; and the words that a hub says about the stream
 * itself, which are no events of anybody's.
 *
 * <p>The parser tells a block's own id just before its event, and alone if the block has no data.
 * So an id is kept until what follows shows which it was.
 */
final class Interpreter implements EventStreamHandler {
  private final EventHandler handler;
  private final Outflow outflow;
  private final Consumer<Duration> reconnectionTime;
  private final Consumer<Duration> heartbeat;
  private @Nullable String toldId;

  /**
   * An interpreter of one stream.
   *
   * @param reconnectionTime hears the stream's {@code retry} fields, at once
   * @param heartbeat hears how often a hub says that it lets itself be heard, at once
   */
  Interpreter(
      EventHandler handler,
      Outflow outflow,
      Consumer<Duration> reconnectionTime,
      Consumer<Duration> heartbeat) {
    this.handler = handler;
    this.outflow = outflow;
    this.reconnectionTime = reconnectionTime;
    this.heartbeat = heartbeat;
  }

  @Override
  public void lastEventId(String id) {
    idStoodAlone();
    toldId = id;
  }

  @Override
  public void event(Event event) {
    if (isOfTheHub(event.type())) {
      idStoodAlone();
      control(event);
      return;
    }
    outflow.addEvent(event, takeToldId());
  }

  @Override
  public void comment(String text) {
    idStoodAlone();
    outflow.addCall(() -> handler.comment(text));
  }

  @Override
  public void reconnectionTime(Duration time) {
    reconnectionTime.accept(time);
  }

  @Override
  public void tooLong(EventStreamTooLongException skipped) {
    outflow.addCall(() -> handler.skipped(skipped));
  }

  @Override
  public void largeEventBegins(String type, String lastEventId) {
    idStoodAlone();
    outflow.addLargeEvent(type, lastEventId);
  }

  @Override
  public void largeEventData(String piece) {
    outflow.addLargeEventData(piece);
  }

  @Override
  public void largeEventEnds(Event event) {
    outflow.addLargeEventEnd(event, takeToldId());
  }

  /** All of a slice was read: an event would have followed its id within it. */
  void endOfSlice() {
    idStoodAlone();
  }

  private boolean takeToldId() {
    boolean isOwn = toldId != null;
    toldId = null;
    return isOwn;
  }

  private void idStoodAlone() {
    String id = toldId;
    toldId = null;
    if (id != null) outflow.addId(id);
  }

  private static boolean isOfTheHub(String type) {
    return type.startsWith("runnel.");
  }

  private void control(Event event) {
    if (event.type().equals(Gap.TYPE)) {
      outflow.addCall(() -> handler.gap(Gap.of(event.data())));
    } else if (event.type().equals("runnel.open")) {
      Object millis = Json.object(event.data()).get("heartbeat");
      if (millis instanceof Number number && number.longValue() > 0) {
        heartbeat.accept(Duration.ofMillis(number.longValue()));
      }
    }
  }
}
