package io.runnel.eventstream;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A parser's view of its handler: what the handler throws waits here until the parser has read all
 * that it was fed.
 */
final class DeferringHandler implements EventStreamHandler {
  static final int MOST_SUPPRESSED = 8;

  private final EventStreamHandler handler;
  private @Nullable RuntimeException thrown;

  DeferringHandler(EventStreamHandler handler) {
    this.handler = handler;
  }

  /** Whether the handler does anything with a comment, so that it is worth keeping. */
  boolean hearsComments() {
    try {
      var comment = handler.getClass().getMethod("comment", String.class);
      return comment.getDeclaringClass() != EventStreamHandler.class;
    } catch (NoSuchMethodException e) {
      return true; // reflection was cut off, as in a native image
    }
  }

  /** What the handler threw since it was last asked, or null. */
  @Nullable RuntimeException takeThrown() {
    RuntimeException taken = thrown;
    thrown = null;
    return taken;
  }

  @Override
  public void event(Event event) {
    try {
      handler.event(event);
    } catch (RuntimeException e) {
      defer(e);
    }
  }

  @Override
  public void comment(String comment) {
    try {
      handler.comment(comment);
    } catch (RuntimeException e) {
      defer(e);
    }
  }

  @Override
  public void reconnectionTime(Duration time) {
    try {
      handler.reconnectionTime(time);
    } catch (RuntimeException e) {
      defer(e);
    }
  }

  @Override
  public void lastEventId(String id) {
    try {
      handler.lastEventId(id);
    } catch (RuntimeException e) {
      defer(e);
    }
  }

  @Override
  public void tooLong(EventStreamTooLongException skipped) {
    try {
      handler.tooLong(skipped);
    } catch (RuntimeException e) {
      defer(e);
    }
  }

  @Override
  public void largeEventBegins(String type, String lastEventId) {
    try {
      handler.largeEventBegins(type, lastEventId);
    } catch (RuntimeException e) {
      defer(e);
    }
  }

  @Override
  public void largeEventData(String piece) {
    try {
      handler.largeEventData(piece);
    } catch (RuntimeException e) {
      defer(e);
    }
  }

  @Override
  public void largeEventEnds(Event event) {
    try {
      handler.largeEventEnds(event);
    } catch (RuntimeException e) {
      defer(e);
    }
  }

  private void defer(RuntimeException e) {
    RuntimeException first = thrown;
    if (first == null) {
      thrown = e;
    } else if (!e.equals(first) && first.getSuppressed().length < MOST_SUPPRESSED) {
      first.addSuppressed(e); // a handler may throw one and the same exception each time
    }
  }
}
