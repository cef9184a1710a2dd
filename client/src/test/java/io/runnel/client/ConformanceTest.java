package io.runnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every case of {@code conformance/}, through a socket, chunk by chunk, and then a reconnect. */
@Timeout(90)
@SuppressWarnings("try") // a source may stand in a try only to be closed
class ConformanceTest {
  private static List<?> cases;

  @BeforeAll
  static void readTheCases() throws Exception {
    String text = Files.readString(Path.of("../conformance/event-stream/cases.json"));
    cases = (List<?>) Json.object("{\"cases\":" + text + "}").get("cases");
  }

  /** Sends a case's chunks when asked for its number; and 204 to whoever comes back. */
  private static void play(ScriptedServer.Peer peer) throws Exception {
    peer.readRequest();
    String[] path = peer.requestLine().split(" ")[1].split("/");
    if (path[2].startsWith("again")) {
      peer.write("HTTP/1.1 204 No Content\r\n\r\n");
      return;
    }
    peer.write(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n");
    var wanted = (Map<?, ?>) cases.get(Integer.parseInt(path[1]));
    for (Object chunk : (List<?>) wanted.get("chunks")) {
      byte[] bytes = Base64.getDecoder().decode((String) chunk);
      if (bytes.length == 0) continue;
      peer.write(Integer.toHexString(bytes.length) + "\r\n");
      peer.write(bytes);
      peer.write("\r\n");
    }
    peer.write("0\r\n\r\n");
  }

  @Test
  void everyCaseMeansWhatTheStandardSays() throws Exception {
    assertThat(cases).hasSizeGreaterThan(200);
    var expected = new ArrayList<String>();
    var actual = new ArrayList<String>();
    try (var server = new ScriptedServer(ConformanceTest::play).recordingNothing()) {
      for (int i = 0; i < cases.size(); i++) {
        var wanted = (Map<?, ?>) cases.get(i);
        expected.add(wanted.get("name") + ": " + meaning(wanted));
        actual.add(wanted.get("name") + ": " + run(server, i));
      }
    }
    assertThat(actual).isEqualTo(expected);
  }

  private static String meaning(Map<?, ?> wanted) {
    var lines = new ArrayList<String>();
    for (Object each : (List<?>) wanted.get("events")) {
      var event = (Map<?, ?>) each;
      lines.add(event.get("type") + " " + event.get("data") + " #" + event.get("lastEventId"));
    }
    long millis = wanted.get("retry") instanceof Number retry ? retry.longValue() : 1000;
    Duration time = Duration.ofMillis(Math.max(500, Math.min(300_000, millis)));
    return lines + ", then #" + wanted.get("lastEventIdAfter") + " after " + time;
  }

  private static String run(ScriptedServer server, int number) throws Exception {
    var told = new Recorder();
    var attempts = new int[1];
    try (var source =
        EventSource.to(() -> server.uri("/" + number + (attempts[0]++ == 0 ? "/first" : "/again")))
            .reconnect(ReconnectPolicy.fixed(Duration.ZERO))
            .start(told)) {
      var lines = told.untilClosed();
      lines.removeIf(
          line ->
              line.startsWith("opened")
                  || line.startsWith("closed")
                  || line.startsWith("comment")
                  || line.equals("interrupted ENDED"));
      return lines + ", then #" + source.lastEventId() + " after " + source.reconnectionTime();
    }
  }
}
