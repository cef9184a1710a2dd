package io.runnel.examples.movementservlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.Test;

class MainTest {
  @Test
  void theBoxWalksAndAPageThatComesBackFindsItWhereItStood() throws Exception {
    Tomcat tomcat = Main.start(0);
    String url = "http://localhost:" + tomcat.getConnector().getLocalPort();
    try (BufferedReader page = get(url + "/")) {
      assertThat(page.lines().toList()).anyMatch(line -> line.contains("new EventSource("));
    }
    try (BufferedReader script = get(url + "/runnel-eventsource.js")) {
      assertThat(script.lines().toList()).anyMatch(line -> line.contains("EventSource"));
    }
    assertThat(((HttpURLConnection) URI.create(url + "/no").toURL().openConnection()))
        .satisfies(none -> assertThat(none.getResponseCode()).isEqualTo(404));
    try (BufferedReader box = get(url + "/position?lastEventId=3,4")) {
      assertThat(nextId(box)).isEqualTo("3,4");
      assertThat(nextId(box)).matches("\\d+,\\d+").isNotEqualTo("3,4");
    }
    try (BufferedReader box = get(url + "/position?lastEventId=nowhere")) {
      assertThat(nextId(box)).matches("\\d+,\\d+");
    }
    tomcat.stop();
    tomcat.destroy();
  }

  private static BufferedReader get(String url) throws IOException {
    var connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    connection.setReadTimeout(20_000);
    return new BufferedReader(new InputStreamReader(connection.getInputStream(), UTF_8));
  }

  private static String nextId(BufferedReader stream) throws IOException {
    String line;
    do line = stream.readLine();
    while (line != null && !line.startsWith("id: "));
    return String.valueOf(line).substring(4);
  }
}
