package io.runnel.servlet;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import java.util.EnumSet;
import java.util.Map;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.ee11.websocket.jakarta.server.config.JakartaWebSocketServletContainerInitializer;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

final class JettyContainer implements Container {
  private final boolean hasWebSockets;
  private Server server;
  private ServerConnector connector;
  private ServerConnector tls;
  private Filter filter;
  private int sendBuffer;

  JettyContainer() {
    this(true);
  }

  /** With its module for WebSockets, or without. */
  JettyContainer(boolean hasWebSockets) {
    this.hasWebSockets = hasWebSockets;
  }

  @Override
  public void filter(Filter filter) {
    this.filter = filter;
  }

  @Override
  public void sendBuffer(int bytes) {
    sendBuffer = bytes;
  }

  @Override
  public void start(Map<String, HttpServlet> servlets, int threads, EventStreams streams)
      throws Exception {
    server = new Server(new QueuedThreadPool(threads, Math.min(threads, 8)));
    var configuration = new HttpConfiguration();
    connector =
        new ServerConnector(
            server,
            1,
            1,
            new HttpConnectionFactory(configuration),
            new HTTP2CServerConnectionFactory(configuration));
    connector.setHost("127.0.0.1");
    if (sendBuffer > 0) connector.setAcceptedSendBufferSize(sendBuffer);
    server.addConnector(connector);
    tls = tlsConnector();
    server.addConnector(tls);
    var context = new ServletContextHandler("/", ServletContextHandler.SESSIONS);
    streams.install(context.getServletContext());
    servlets.forEach(
        (mapping, servlet) -> {
          var holder = new ServletHolder(servlet);
          holder.setAsyncSupported(true);
          holder.setInitOrder(1);
          context.addServlet(holder, mapping);
        });
    if (filter != null) {
      var holder = new FilterHolder(filter);
      holder.setAsyncSupported(true);
      context.addFilter(holder, "/*", EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
    }
    server.setHandler(context);
    if (hasWebSockets) JakartaWebSocketServletContainerInitializer.configure(context, null);
    server.start();
  }

  private ServerConnector tlsConnector() throws Exception {
    var configuration = new HttpConfiguration();
    configuration.addCustomizer(new SecureRequestCustomizer(false));
    var ssl = new SslContextFactory.Server();
    ssl.setKeyStore(Certificate.keyStore());
    ssl.setKeyStorePassword(Certificate.PASSWORD);
    var alpn = new ALPNServerConnectionFactory();
    alpn.setDefaultProtocol(HttpVersion.HTTP_1_1.asString());
    var connector =
        new ServerConnector(
            server,
            1,
            1,
            new SslConnectionFactory(ssl, alpn.getProtocol()),
            alpn,
            new HTTP2ServerConnectionFactory(configuration),
            new HttpConnectionFactory(configuration));
    connector.setHost("127.0.0.1");
    return connector;
  }

  @Override
  public int tlsPort() {
    return tls.getLocalPort();
  }

  @Override
  public int port() {
    return connector.getLocalPort();
  }

  /** How many are open. */
  int connections() {
    return connector.getConnectedEndPoints().size();
  }

  @Override
  public void stop() throws Exception {
    server.stop();
    server.destroy();
  }
}
