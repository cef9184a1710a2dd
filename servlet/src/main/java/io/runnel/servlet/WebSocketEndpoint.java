package io.runnel.servlet;

import static java.util.Objects.requireNonNull;

import jakarta.websocket.CloseReason;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.PongMessage;
import jakarta.websocket.Session;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a container hears of a WebSocket that it has opened itself ({@link EndpointUpgrade}), told
 * to its stream; it has to be public for that, and is for nobody else. Container threads.
 */
public final class WebSocketEndpoint extends Endpoint {
  private static final int NORMAL = 1000;
  private static final int NO_CODE = 1005;
  private static final int LOST = 1006;

  /** A message ends the socket, so there is no use in keeping more of one. */
  private static final int MAX_MESSAGE = 1024;

  private final @Nullable WebSocketStream stream;
  private volatile @Nullable EndpointOutput output;

  /** For the container. */
  public WebSocketEndpoint() {
    stream = null;
  }

  WebSocketEndpoint(WebSocketStream stream) {
    this.stream = stream;
  }

  @Override
  public void onOpen(Session session, EndpointConfig config) {
    WebSocketStream stream = requireNonNull(this.stream, "a socket of no TopicServlet");
    session.setMaxIdleTimeout(0); // The stream has heartbeats, and a write timeout.
    session.setMaxTextMessageBufferSize(MAX_MESSAGE);
    session.setMaxBinaryMessageBufferSize(MAX_MESSAGE);
    session.addMessageHandler(PongMessage.class, whole(pong -> stream.pong()));
    session.addMessageHandler(String.class, partial(stream));
    session.addMessageHandler(ByteBuffer.class, partial(stream));
    var output = new EndpointOutput(session, stream, stream.pingers());
    this.output = output;
    stream.start(output, output);
    stream.onWritePossible();
  }

  private static <T> MessageHandler.Whole<T> whole(MessageHandler.Whole<T> handler) {
    return handler;
  }

  private static <T> MessageHandler.Partial<T> partial(WebSocketStream stream) {
    return (part, last) -> WebSocketReader.refuseMessage(stream);
  }

  /** The container answers a close by itself. */
  @Override
  public void onClose(Session session, CloseReason reason) {
    EndpointOutput output = this.output;
    if (stream == null || output == null) return;
    output.closed();
    int code = reason.getCloseCode().getCode();
    if (code == LOST) stream.destroyed();
    else stream.close(code == NO_CODE ? NORMAL : code);
  }

  @Override
  public void onError(Session session, Throwable failure) {
    if (stream != null) stream.failed(failure);
  }
}
