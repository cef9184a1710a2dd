package io.runnel.servlet;

import jakarta.servlet.http.HttpServlet;
import java.util.Map;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

final class JettyContainer implements Container {
  private Server server;
  private ServerConnector connector;

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
    server.addConnector(connector);
    var context = new ServletContextHandler("/");
    streams.install(context.getServletContext());
    servlets.forEach(
        (mapping, servlet) -> {
          var holder = new ServletHolder(servlet);
          holder.setAsyncSupported(true);
          holder.setInitOrder(1);
          context.addServlet(holder, mapping);
        });
    server.setHandler(context);
    server.start();
  }

  @Override
  public int port() {
    return connector.getLocalPort();
  }

  @Override
  public void stop() throws Exception {
    server.stop();
    server.destroy();
  }
}
