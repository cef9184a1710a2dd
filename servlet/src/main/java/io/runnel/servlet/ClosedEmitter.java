package io.runnel.servlet;

import io.runnel.eventstream.Event;
import java.time.Duration;

/** The emitter of a client that was sent away: it has left. */
enum ClosedEmitter implements Emitter {
  INSTANCE;

  @Override
  public void data(String data) {}

  @Override
  public void event(String name, String data) {}

  @Override
  public void id(String id) {}

  @Override
  public void send(Event event) {}

  @Override
  public void comment(String comment) {}

  @Override
  public void retry(Duration reconnectionTime) {}

  @Override
  public boolean isOpen() {
    return false;
  }

  @Override
  public void close() {}
}
