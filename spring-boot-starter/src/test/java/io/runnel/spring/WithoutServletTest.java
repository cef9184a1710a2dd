package io.runnel.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** A reactive application has neither the servlet API nor Spring MVC on its class path. */
class WithoutServletTest {
  @Test
  void aReactiveApplicationNeedsNoServlet() throws Exception {
    var urls = new ArrayList<URL>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      String name = Path.of(entry).getFileName().toString();
      if (name.matches(
          "(spring-webmvc|spring-boot-(webmvc|servlet|tomcat)|tomcat|jakarta\\.servlet).*")) {
        continue;
      }
      if (name.matches(
          "(spring-tx|spring-jdbc|spring-boot-(jdbc|transaction|sql)|micrometer-core).*")) {
        continue;
      }
      urls.add(Path.of(entry).toUri().toURL());
    }
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    try (var loader =
        new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      Thread.currentThread().setContextClassLoader(loader);
      Class<?> probe = loader.loadClass(Probe.class.getName());
      assertThat(probe.getMethod("run").invoke(null)).isEqualTo("hello");
    } catch (InvocationTargetException e) {
      throw new AssertionError(e.getCause());
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  /** Runs in a class loader of its own. */
  public static final class Probe {
    /** Starts the application, and answers what one of its streams has. */
    public static String run() throws Exception {
      try (var app = new WebFluxApp("--spring.main.log-startup-info=false");
          Wire wire = app.get("/events/anna")) {
        wire.opening();
        app.hub().publish("orders", "hello");
        return wire.next().data();
      }
    }
  }
}
