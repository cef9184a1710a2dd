package io.runnel.spring;

import io.runnel.servlet.EventStreams;
import jakarta.servlet.http.HttpSessionEvent;
import jakarta.servlet.http.HttpSessionListener;

/** Ends the streams of a login session that is over, wherever sessions are kept. Any thread. */
final class MvcSessionListener implements HttpSessionListener {
  private final EventStreams streams;
  private final boolean endsStreams;

  MvcSessionListener(EventStreams streams, boolean endsStreams) {
    this.streams = streams;
    this.endsStreams = endsStreams;
  }

  @Override
  public void sessionDestroyed(HttpSessionEvent event) {
    if (endsStreams) streams.endSession(event.getSession().getId());
  }
}
