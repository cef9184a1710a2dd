package io.runnel.servlet;

import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.Extension;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * A WebSocket of the container's own (Jakarta WebSocket 2.1, 6.5), for containers that read nothing
 * of a connection that a servlet has upgraded. The handshake was checked, and its sender asked for
 * its rights; the container only ends it.
 *
 * <p>This and what it calls are all that knows {@code jakarta.websocket}, which need not be there:
 * no other class may name its types.
 */
final class EndpointUpgrade {
  /** Where the container keeps its {@link ServerContainer}, if it has one. */
  static final String ATTRIBUTE = "jakarta.websocket.server.ServerContainer";

  private EndpointUpgrade() {}

  /** Lets the container open a WebSocket for the stream, which gets its connection soon after. */
  static void begin(
      HttpServletRequest request,
      HttpServletResponse response,
      WebSocketStream stream,
      String subprotocol)
      throws IOException {
    ServletContext context = request.getServletContext();
    var container = (ServerContainer) context.getAttribute(ATTRIBUTE);
    var config =
        ServerEndpointConfig.Builder.create(WebSocketEndpoint.class, "/")
            .subprotocols(List.of(subprotocol))
            .configurator(new Configurator(stream))
            .build();
    try {
      container.upgradeHttpToWebSocket(request, response, config, Map.of());
    } catch (DeploymentException e) {
      throw new IOException("this container opens no WebSocket", e);
    }
    if (!response.isCommitted()) throw new IOException("this container has opened no WebSocket");
  }

  /** One endpoint for one stream; no extension, so no compression. */
  private static final class Configurator extends ServerEndpointConfig.Configurator {
    private final WebSocketStream stream;

    Configurator(WebSocketStream stream) {
      this.stream = stream;
    }

    @Override
    public <T> T getEndpointInstance(Class<T> type) {
      return type.cast(new WebSocketEndpoint(stream));
    }

    /** It was checked before. */
    @Override
    public boolean checkOrigin(String origin) {
      return true;
    }

    @Override
    public List<Extension> getNegotiatedExtensions(
        List<Extension> installed, List<Extension> requested) {
      return List.of();
    }
  }
}
