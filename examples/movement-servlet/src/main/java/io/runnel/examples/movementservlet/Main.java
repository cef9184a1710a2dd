package io.runnel.examples.movementservlet;

import java.nio.file.Files;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.Wrapper;
import org.apache.catalina.startup.Tomcat;

/** Starts the example in an embedded Tomcat, on loopback. */
public final class Main {
  private static final int DEFAULT_PORT = 8082;

  private Main() {}

  /**
   * Starts it, and runs until it is stopped.
   *
   * @param args the port, if it is not to be {@value #DEFAULT_PORT}; 0 takes a free one
   */
  public static void main(String[] args) throws Exception {
    Tomcat tomcat = start(args.length > 0 ? port(args[0]) : DEFAULT_PORT);
    System.out.println(
        "The box walks at http://localhost:" + tomcat.getConnector().getLocalPort() + "/");
    tomcat.getServer().await();
  }

  private static int port(String text) {
    if (text.matches("\\d{1,5}") && Integer.parseInt(text) <= 65_535) return Integer.parseInt(text);
    System.err.println("port \"" + text + "\" is no number from 0 to 65535");
    System.exit(2);
    throw new AssertionError();
  }

  static Tomcat start(int port) throws Exception {
    var tomcat = new Tomcat();
    tomcat.setBaseDir(Files.createTempDirectory("movement-").toString());
    tomcat.setPort(port);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    tomcat.getConnector().setThrowOnFailure(true);
    Context context = tomcat.addContext("", null);
    Tomcat.addServlet(context, "page", new PageServlet()).addMapping("/");
    Wrapper position = Tomcat.addServlet(context, "position", new PositionServlet());
    position.setAsyncSupported(true);
    position.addMapping("/position");
    try {
      tomcat.start();
    } catch (LifecycleException e) {
      tomcat.destroy();
      throw e;
    }
    return tomcat;
  }
}
