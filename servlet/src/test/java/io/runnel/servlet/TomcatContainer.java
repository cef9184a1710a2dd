package io.runnel.servlet;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http2.Http2Protocol;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;

final class TomcatContainer implements Container {
  private final Tomcat tomcat = new Tomcat();
  private Connector tls;
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
    Path base = Files.createTempDirectory("runnel-tomcat-");
    tomcat.setBaseDir(base.toString());
    var connector = new Connector("HTTP/1.1");
    connector.setPort(0);
    connector.setProperty("address", "127.0.0.1");
    connector.setProperty("maxThreads", Integer.toString(threads));
    connector.setProperty("maxConnections", "20000");
    if (sendBuffer > 0) connector.setProperty("socket.txBufSize", Integer.toString(sendBuffer));
    connector.addUpgradeProtocol(new Http2Protocol());
    tomcat.setConnector(connector);
    tls = tlsConnector();
    tomcat.getService().addConnector(tls);
    var context = tomcat.addContext("", base.toString());
    streams.install(context.getServletContext());
    servlets.forEach(
        (mapping, servlet) -> {
          var wrapper = Tomcat.addServlet(context, mapping, servlet);
          wrapper.setAsyncSupported(true);
          wrapper.setLoadOnStartup(1);
          wrapper.addMapping(mapping);
        });
    if (filter != null) addFilter(context);
    tomcat.start();
  }

  private static Connector tlsConnector() throws Exception {
    var connector = new Connector("HTTP/1.1");
    connector.setPort(0);
    connector.setProperty("address", "127.0.0.1");
    connector.setProperty("SSLEnabled", "true");
    connector.setSecure(true);
    connector.setScheme("https");
    var host = new SSLHostConfig();
    var certificate = new SSLHostConfigCertificate(host, SSLHostConfigCertificate.Type.UNDEFINED);
    certificate.setCertificateKeystore(Certificate.keyStore());
    certificate.setCertificateKeystorePassword(Certificate.PASSWORD);
    host.addCertificate(certificate);
    connector.addSslHostConfig(host);
    connector.addUpgradeProtocol(new Http2Protocol());
    return connector;
  }

  private void addFilter(Context context) {
    var definition = new FilterDef();
    definition.setFilterName("filter");
    definition.setFilter(filter);
    definition.setAsyncSupported("true");
    context.addFilterDef(definition);
    var mapping = new FilterMap();
    mapping.setFilterName("filter");
    mapping.addURLPattern("/*");
    for (DispatcherType type : List.of(DispatcherType.REQUEST, DispatcherType.ASYNC))
      mapping.setDispatcher(type.name());
    context.addFilterMap(mapping);
  }

  @Override
  public int port() {
    return tomcat.getConnector().getLocalPort();
  }

  @Override
  public int tlsPort() {
    return tls.getLocalPort();
  }

  @Override
  public void stop() throws Exception {
    tomcat.stop();
    tomcat.destroy();
  }
}
