package io.runnel.hub;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A plain subscription has a way of its own, and nobody can tell from outside which was taken. */
class PlainSubscribeTest {
  private static HubUnderTest hub;
  private static String first;

  @BeforeAll
  static void start() throws Exception {
    hub = new HubUnderTest(HubConfig.DEFAULT);
    hub.publish("news", "one");
    first = hub.publishedId("over", "one");
    hub.publish("news", "two");
    // Whoever is answered with a stream of this topic is told its end.
    hub.publish("over?complete=true", "two");
  }

  @AfterAll
  static void stop() {
    hub.close();
  }

  private static void write(RawConnection connection, String bytes) throws IOException {
    connection.socket().getOutputStream().write(bytes.getBytes(ISO_8859_1));
  }

  private static String request(String target, String... headers) {
    var text = new StringBuilder("GET /events/" + target + " HTTP/1.1\r\nHost: localhost\r\n");
    for (String header : headers) text.append(header).append("\r\n");
    return text + "\r\n";
  }

  private static String answer(String request) throws IOException {
    try (RawConnection connection = hub.connect()) {
      write(connection, request);
      return comparable(connection.answerOrStream());
    }
  }

  /** Without what differs from one answer to the next. */
  private static String comparable(String answer) {
    return answer.replaceAll("retry: \\d+", "retry: N");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Accept: text/event-stream",
        "Accept: */*",
        "Accept: text/html",
        "Accept: ",
        "Last-Event-ID: FIRST",
        "last-event-id:FIRST",
        "Last-Event-ID: ",
        "Last-Event-ID: FIRST ",
        "Last-Event-ID: nobody's id",
        "Last-Event-ID: nobodys-id",
        "Last-Event-ID: FIRST|Last-Event-ID: other",
        "Last-Event-ID: \u00e9",
        "Origin: https://elsewhere.example",
        "Connection: keep-alive",
        "Connection: close",
        "Connection: Upgrade|Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        "Content-Length: 0",
        "Cookie: a=b|User-Agent: Mozilla/5.0 (X11)|Cache-Control: no-cache|Sec-Fetch-Mode: cors"
      })
  void itIsAnsweredAsOnTheGeneralWay(String headers) throws Exception {
    String[] lines =
        headers.isEmpty() ? new String[0] : headers.replace("FIRST", first).split("\\|");
    // A parameter that means nothing is not looked into on the plain way.
    assertThat(answer(request("over", lines))).isEqualTo(answer(request("over?x=1", lines)));
  }

  @Test
  void aCursorIsResumedFrom() throws Exception {
    try (RawConnection resumed = hub.connect();
        RawConnection began = hub.connect()) {
      write(resumed, request("news", "Last-Event-ID: " + first));
      assertThat(resumed.until("data: two\n\n"))
          .contains("\"recovered\":true")
          .doesNotContain("data: one");
      write(began, request("news"));
      assertThat(began.until("runnel.open\n")).doesNotContain("data: ");
      assertThat(began.until("\n\n")).contains("\"recovered\":null");
      hub.publish("news", "three");
      assertThat(began.until("data: three\n\n")).doesNotContain("data: one", "data: two");
    }
  }

  @Test
  void cutAnywhereItIsTheSame() throws Exception {
    String whole = request("over", "Accept: text/event-stream", "Last-Event-ID: " + first);
    String expected = answer(whole);
    assertThat(expected).contains("\"recovered\":true", "data: two");
    for (int cut = 1; cut < whole.length(); cut += 7) {
      try (RawConnection connection = hub.connect()) {
        connection.socket().setTcpNoDelay(true);
        write(connection, whole.substring(0, cut));
        Thread.sleep(2);
        write(connection, whole.substring(cut));
        assertThat(comparable(connection.answerOrStream())).isEqualTo(expected);
      }
    }
  }

  @Test
  void itComesAfterTheAnswersToWhatWasAskedBefore() throws Exception {
    try (RawConnection connection = hub.connect()) {
      write(
          connection,
          "POST /events/before HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx"
              + "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"
              + request("before"));
      assertThat(connection.answer()).startsWith("HTTP/1.1 200");
      assertThat(connection.answer()).startsWith("HTTP/1.1 404");
      assertThat(connection.until("runnel.open")).startsWith("HTTP/1.1 200 OK");
    }
  }

  @Test
  void whereATokenIsNeededItIsAskedFor() throws Exception {
    var config = HubConfig.DEFAULT.with(ConfigKey.SUBSCRIBE_TOKEN, List.of("sesame-0123456789"));
    try (var guarded = new HubUnderTest(config);
        RawConnection without = guarded.connect();
        RawConnection with = guarded.connect()) {
      write(without, request("a"));
      assertThat(without.answer()).startsWith("HTTP/1.1 401");
      write(with, request("a", "Authorization: Bearer sesame-0123456789"));
      byte[] head = with.socket().getInputStream().readNBytes(15);
      assertThat(new String(head, ISO_8859_1)).isEqualTo("HTTP/1.1 200 OK");
    }
  }

  @Test
  void aCompleteTopicAnswers204ToWhoHasItAll() throws Exception {
    String last = hub.publishedId("job?complete=true", "end");
    try (RawConnection connection = hub.connect()) {
      write(connection, request("job", "Last-Event-ID: " + last));
      assertThat(connection.answer()).startsWith("HTTP/1.1 204");
      write(connection, request("job", "Last-Event-ID: " + last));
      assertThat(connection.answer()).startsWith("HTTP/1.1 204");
    }
  }
}
