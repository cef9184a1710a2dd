package io.runnel.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.ContextConfig;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A web application that has our jar serves the script for old browsers with it. */
class ServedScriptTest {
  private static final String SCRIPT = "runnel-eventsource.js";

  @Test
  void aWebApplicationThatHasTheJarServesTheScript(@TempDir Path application) throws Exception {
    Path libraries = Files.createDirectories(application.resolve("WEB-INF/lib"));
    jar(Path.of("target/classes"), libraries.resolve("runnel-servlet.jar"));
    var tomcat = new Tomcat();
    tomcat.setBaseDir(application.toString());
    tomcat.setPort(0);
    var context = tomcat.addContext("/shop", application.toString());
    context.addLifecycleListener(new ContextConfig());
    // What starts in a Jetty is on the class path of the tests, too.
    context.setContainerSciFilter("org\\.eclipse\\.jetty");
    Tomcat.addServlet(context, "default", new DefaultServlet()).addMapping("/");
    tomcat.start();
    try {
      int port = tomcat.getConnector().getLocalPort();
      var uri = URI.create("http://localhost:" + port + "/shop/" + SCRIPT);
      HttpResponse<byte[]> answer =
          HttpClient.newHttpClient()
              .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofByteArray());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body())
          .isEqualTo(Files.readAllBytes(Path.of("../browser/served").resolve(SCRIPT)));
      assertThat(answer.headers().firstValue("ETag")).isPresent();
    } finally {
      tomcat.stop();
      tomcat.destroy();
    }
  }

  /** What Maven would make of the folder. */
  private static void jar(Path folder, Path jar) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.filter(Files::isRegularFile).toList();
    }
    try (OutputStream out = Files.newOutputStream(jar);
        var entries = new JarOutputStream(out)) {
      for (Path file : files) {
        entries.putNextEntry(new JarEntry(folder.relativize(file).toString()));
        entries.write(Files.readAllBytes(file));
      }
    }
  }
}
