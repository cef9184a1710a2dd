package io.runnel.hub;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.History;
import io.runnel.engine.HistoryFullException;
import io.runnel.engine.HistoryListener;
import io.runnel.engine.HubSettings;
import io.runnel.engine.MemoryHistory;
import io.runnel.engine.Publication;
import io.runnel.engine.Topic;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Publishes to a history that answers later and on a thread of its own, as one on disk does. */
class LateAnswersTest {
  private static HubUnderTest hub;

  @BeforeAll
  static void start() throws Exception {
    HubConfig config = HubConfig.DEFAULT;
    var history = new LateHistory(HubUnderTest.memory(config));
    hub = new HubUnderTest(config, HubSettings.DEFAULT, history, List.of());
  }

  @AfterAll
  static void stop() {
    hub.close();
  }

  private static String plain(String topic, String body) {
    return request(topic, body, "");
  }

  /** One that is not read as a plain one. */
  private static String general(String topic, String body) {
    return request(topic, body, "TE: trailers\r\nConnection: keep-alive, TE\r\n");
  }

  private static String request(String topic, String body, String headers) {
    return "POST /events/"
        + topic
        + " HTTP/1.1\r\nHost: localhost\r\n"
        + headers
        + "Content-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static final String NOTHING = "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n";

  private static void write(RawConnection connection, String bytes) throws IOException {
    connection.socket().getOutputStream().write(bytes.getBytes(ISO_8859_1));
  }

  private static List<Integer> statuses(RawConnection connection, int count) throws IOException {
    var statuses = new ArrayList<Integer>();
    for (int i = 0; i < count; i++) {
      statuses.add(Integer.parseInt(connection.answer().substring(9, 12)));
    }
    return statuses;
  }

  @Test
  void theAnswerIsTheOneOfTheGeneralWay() throws Exception {
    try (RawConnection connection = hub.connect()) {
      write(connection, plain("same", "plain"));
      String first = connection.answer();
      write(connection, general("same", "general"));
      assertThat(first.replaceAll("-\\d+\"", "\""))
          .startsWith("HTTP/1.1 200 OK\r\n")
          .isEqualTo(connection.answer().replaceAll("-\\d+\"", "\""));
    }
  }

  @Test
  void answersComeInTheOrderOfTheRequestsWhicheverWayEachTakes() throws Exception {
    for (int i = 0; i < 50; i++) {
      try (RawConnection connection = hub.connect()) {
        write(
            connection,
            plain("order", "1")
                + general("order", "2")
                + NOTHING
                + plain("order", "3")
                + plain("order", "full")
                + plain("order", "4")
                + general("order", "full")
                + NOTHING
                + general("order?id=runnel%0A", "bad")
                + plain("order", "5"));
        assertThat(statuses(connection, 10))
            .containsExactly(200, 200, 404, 200, 507, 200, 507, 404, 400, 200);
      }
    }
  }

  /** More than are read from a connection before some are answered. */
  @Test
  void manyAtATimeAreAnsweredEachInItsTurn() throws Exception {
    var requests = new StringBuilder();
    for (int i = 0; i < 1000; i++) requests.append(plain("many?id=" + i, "x"));
    try (RawConnection connection = hub.connect()) {
      write(connection, requests.toString());
      for (int i = 0; i < 1000; i++) {
        assertThat(connection.answer()).contains("{\"id\":\"" + i + "\",\"kept\":\"memory\"}");
      }
    }
  }

  @Test
  void whatWasAskedForBeforeAConnectionClosesIsAnswered() throws Exception {
    try (RawConnection connection = hub.connect()) {
      write(
          connection,
          plain("close", "1")
              + plain("close", "2")
              + request("close", "3", "Connection: close\r\n"));
      assertThat(connection.rest().split("HTTP/1.1 200 OK", -1)).hasSize(4);
    }
  }

  @Test
  void aStreamThatIsAskedForBehindItBeginsAfterItsAnswer() throws Exception {
    try (RawConnection connection = hub.connect()) {
      write(
          connection,
          plain("stream", "before")
              + "GET /events/stream?from=oldest HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(connection.answer()).startsWith("HTTP/1.1 200 OK").contains("\"kept\":");
      assertThat(connection.until("data: before\n")).contains("text/event-stream");
    }
  }

  /** Keeps in memory, a moment later. */
  private static final class LateHistory implements History {
    private final MemoryHistory memory;
    private final ExecutorService thread = Executors.newSingleThreadExecutor();

    LateHistory(MemoryHistory memory) {
      this.memory = memory;
    }

    @Override
    public Opened open(HistoryListener listener) {
      return memory.open(listener);
    }

    @Override
    public void append(Publication publication) {
      thread.execute(
          () -> {
            if (new String(publication.body(), UTF_8).contains("data: full")) {
              publication.refuse(new HistoryFullException("full"));
            } else {
              memory.append(publication);
            }
          });
    }

    @Override
    public void read(
        List<Topic> topics, long after, long through, int maxBytes, ReadAnswer answer) {
      memory.read(topics, after, through, maxBytes, answer);
    }

    @Override
    public void find(List<Topic> topics, String publisherId, FindAnswer answer) {
      memory.find(topics, publisherId, answer);
    }

    @Override
    public void close() {
      thread.shutdown();
    }
  }
}
