package io.runnel.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.HubStatistics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code POST /events} with JSON lines: many events, all or nothing. */
class BatchTest {
  private static final String LINES = "Content-Type: application/x-ndjson";

  private HubUnderTest hub;

  @BeforeEach
  void start() throws Exception {
    hub = new HubUnderTest();
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void theLinesOfABatchArriveInOrderAndTheAnswerNamesTheirIds() throws Exception {
    String body =
        """
        {"data":"one\\ntwo"}
        {"event":"placed","data":{"item": "lamp", "n": [1, 2]},"topic":"orders"}\r
        { "id" : "17" , "data" : 4.50 }
        {"data":"\\u00fc"}
        """;
    String answer = post("/events/orders", body);
    String epoch = hub.hub.cursor().substring(0, 8);
    assertThat(answer)
        .startsWith("HTTP/1.1 200")
        .endsWith(
            "\r\n\r\n{\"ids\":[\"E-1\",\"E-2\",\"17\",\"E-4\"],\"kept\":\"memory\"}\n"
                .replace("E", epoch));
    try (RawConnection poll = hub.connect().get("/events/orders?from=oldest&transport=poll")) {
      assertThat(poll.answer())
          .contains("-1\ndata: one\ndata: two\n\n")
          .contains("-2\nevent: placed\ndata: {\"item\": \"lamp\", \"n\": [1, 2]}\n\n")
          .contains("id: 17\ndata: 4.50\n\n")
          .endsWith("-4\ndata: \u00c3\u00bc\n\n");
    }
  }

  @Test
  void withoutATopicInTheAddressEachLineNamesItsOwn() throws Exception {
    post(
        "/events",
        "{\"topic\":\"a\",\"data\":\"1\"}\n{\"topic\":\"b/c\",\"type\":\"t\",\"data\":\"2\"}");
    try (RawConnection poll = hub.connect().get("/events?topic=**&from=oldest&transport=poll")) {
      assertThat(poll.answer()).containsSubsequence("-1\ndata: 1\n\n", "-2\nevent: t\ndata: 2\n\n");
    }
  }

  @Test
  void oneLineThatIsNoneRefusesThemAllAndIsNamed() throws Exception {
    assertRefused("/events/a", "", "the batch has no line");
    assertRefused("/events/a", "{\"data\":\"x\"}\n\n{\"data\":\"x\"}", "line 2: it is empty");
    assertRefused("/events/a", "{\"data\":\"x\"}\n[1]", "line 2: it is no JSON object");
    assertRefused("/events/a", "{\"data\":\"x\"}\n{\"event\":\"y\"}", "line 2: it has no data");
    assertRefused("/events/a", "{\"data\":null}", "line 1: its data is null");
    assertRefused("/events/a", "{\"data\":\"x\",\"id\":7}", "line 1: its id is no string");
    assertRefused("/events/a", "{\"data\":1} {}", "line 1: it has more than one JSON object");
    assertRefused("/events/a", "{\"data\":\"\u00ff\"}", "line 1: it is not UTF-8");
    assertRefused(
        "/events/a",
        "{\"data\":\"x\"}\n{\"data\":\"x\",\"evnet\":\"y\"}",
        "line 2: unknown key 'evnet': a line has data, event, id and topic");
    assertRefused(
        "/events/a",
        "{\"data\":\"x\",\"topic\":\"b\"}",
        "line 1: its topic is \\\"b\\\", and the address says \\\"a\\\"");
    assertRefused("/events", "{\"data\":\"x\"}", "line 1: it has no topic, nor has the address");
    assertRefused(
        "/events",
        "{\"data\":\"x\",\"topic\":\"a//b\"}",
        "line 1: topic name \\\"a//b\\\" has an empty segment");
    assertRefused(
        "/events/a",
        "{\"data\":\"x\"}\n{\"data\":\"x\",\"event\":\"runnel.gap\"}",
        "line 2: event type \\\"runnel.gap\\\" is reserved: types that start with \\\"runnel.\\\""
            + " are the hub's own");
    assertRefused(
        "/events/a?event=x",
        "{\"data\":\"x\"}",
        "?event= is for one event; in a batch each line says its own");
    assertThat(post("/events/a", "{\"data\":\"x\"}\n{\"data\":\"cut off"))
        .startsWith("HTTP/1.1 400")
        .contains("line 2: it is no JSON object: ");
    assertThat(post("/events/a", "{\"data\":1,\"data\":2}")).contains("line 1: ", "is there twice");
    assertThat(hub.hub.statistics()).extracting(HubStatistics::published).isEqualTo(0L);
  }

  @Test
  void moreLinesThanABatchMayHaveAreRefused() throws Exception {
    assertThat(post("/events/a", "{\"data\":1}\n".repeat(10_001)))
        .startsWith("HTTP/1.1 413")
        .contains("\"detail\":\"line 10001: a batch has at most 10000 lines\"");
    assertThat(post("/events/a", "{\"data\":1}\n".repeat(10_000))).startsWith("HTTP/1.1 200");
  }

  @Test
  void aBatchThatComesAgainUnderItsKeyIsAnsweredWithItsFirstIds() throws Exception {
    String body = "{\"data\":1}\n{\"data\":2}\n";
    String first = post("/events/a", body, "Idempotency-Key: k");
    assertThat(post("/events/a", body, "Idempotency-Key: k")).isEqualTo(first);
    assertThat(post("/events/a", "{\"data\":1}", "Idempotency-Key: k")).startsWith("HTTP/1.1 422");
    assertThat(hub.hub.statistics().published()).isEqualTo(2);
  }

  private void assertRefused(String path, String body, String detail) throws Exception {
    assertThat(post(path, body))
        .startsWith("HTTP/1.1 400")
        .contains("\"detail\":\"" + detail + "\"");
  }

  private String post(String path, String body, String... more) throws Exception {
    var headers = new java.util.ArrayList<>(java.util.List.of(LINES));
    headers.addAll(java.util.List.of(more));
    try (RawConnection connection =
        hub.connect().post(path, body, headers.toArray(String[]::new))) {
      return connection.answer();
    }
  }
}
