package io.runnel.servlet;

import jakarta.servlet.http.HttpServlet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http2.Http2Protocol;

final class TomcatContainer implements Container {
  private final Tomcat tomcat = new Tomcat();

  @Override
  public void start(Map<String, HttpServlet> servlets, int threads, EventStreams streams)
      throws Exception {
    Path base = Files.createTempDirectory("runnel-tomcat-");
    tomcat.setBaseDir(base.toString());
    var connector = new Connector("HTTP/1.1");
    connector.setPort(0);
    connector.setProperty("address", "127.0.0.1");
    connector.setProperty("maxThreads", Integer.toString(threads));
    connector.setProperty("maxConnections", "20000");
    connector.addUpgradeProtocol(new Http2Protocol());
    tomcat.setConnector(connector);
    var context = tomcat.addContext("", base.toString());
    streams.install(context.getServletContext());
    servlets.forEach(
        (mapping, servlet) -> {
          var wrapper = Tomcat.addServlet(context, mapping, servlet);
          wrapper.setAsyncSupported(true);
          wrapper.setLoadOnStartup(1);
          wrapper.addMapping(mapping);
        });
    tomcat.start();
  }

  @Override
  public int port() {
    return tomcat.getConnector().getLocalPort();
  }

  @Override
  public void stop() throws Exception {
    tomcat.stop();
    tomcat.destroy();
  }
}
