package io.runnel.servlet;

import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.util.ImmediateInstanceFactory;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.xnio.Options;

final class UndertowContainer implements Container {
  private Undertow undertow;
  private DeploymentManager deployment;
  private Filter filter;
  private int sendBuffer;

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
    DeploymentInfo info =
        Servlets.deployment()
            .setClassLoader(UndertowContainer.class.getClassLoader())
            .setContextPath("/")
            .setDeploymentName("test")
            .addServletContextAttribute(EventStreams.ATTRIBUTE, streams);
    servlets.forEach(
        (mapping, servlet) ->
            info.addServlet(
                Servlets.servlet(
                        mapping, servlet.getClass(), new ImmediateInstanceFactory<>(servlet))
                    .setAsyncSupported(true)
                    .setLoadOnStartup(1)
                    .addMapping(mapping)));
    if (filter != null) {
      info.addFilter(
          Servlets.filter("filter", filter.getClass(), new ImmediateInstanceFactory<>(filter))
              .setAsyncSupported(true));
      for (DispatcherType type : List.of(DispatcherType.REQUEST, DispatcherType.ASYNC)) {
        info.addFilterUrlMapping("filter", "/*", type);
      }
    }
    deployment = Servlets.defaultContainer().addDeployment(info);
    deployment.deploy();
    Undertow.Builder builder = Undertow.builder();
    if (sendBuffer > 0) builder.setSocketOption(Options.SEND_BUFFER, sendBuffer);
    undertow =
        builder
            .addHttpListener(0, "127.0.0.1")
            .addHttpsListener(0, "127.0.0.1", Certificate.serverContext())
            .setServerOption(UndertowOptions.ENABLE_HTTP2, true)
            .setIoThreads(2)
            .setWorkerThreads(threads)
            .setHandler(deployment.start())
            .build();
    undertow.start();
  }

  @Override
  public int port() {
    return port(0);
  }

  @Override
  public int tlsPort() {
    return port(1);
  }

  private int port(int listener) {
    return ((InetSocketAddress) undertow.getListenerInfo().get(listener).getAddress()).getPort();
  }

  @Override
  public void stop() throws Exception {
    deployment.stop();
    deployment.undeploy();
    undertow.stop();
  }
}
