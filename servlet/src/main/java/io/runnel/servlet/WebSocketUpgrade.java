package io.runnel.servlet;

import jakarta.servlet.http.HttpUpgradeHandler;
import jakarta.servlet.http.WebConnection;
import org.jspecify.annotations.Nullable;

/**
 * What a container makes of a request that becomes a WebSocket; it has to be public for that, and
 * is for nobody else. Container threads.
 */
public final class WebSocketUpgrade implements HttpUpgradeHandler {
  private @Nullable WebSocketStream stream;

  /** For the container. */
  public WebSocketUpgrade() {}

  /** To whom the connection is given; before the container begins. */
  void to(WebSocketStream stream) {
    this.stream = stream;
  }

  @Override
  public void init(WebConnection connection) {
    if (stream != null) stream.start(connection);
  }

  @Override
  public void destroy() {
    if (stream != null) stream.destroyed();
  }
}
