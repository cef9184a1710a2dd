package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Hub;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import io.runnel.hub.InputEvents.Addressed;
import io.runnel.hub.TestConsole.Result;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code runnel publish} of many events, against a real hub. */
@Timeout(60)
class PublishLinesTest {
  private static final HubConfig CONFIG =
      HubConfig.DEFAULT.with(ConfigKey.PORT, 0).with(ConfigKey.THREADS, 1);

  private final Hub hub = Hub.inMemory();
  private HubServer server;

  @BeforeEach
  void start() throws IOException {
    server = HubServer.start(CONFIG, hub, List.of());
  }

  @AfterEach
  void close() {
    server.close();
    hub.close();
  }

  private Map<String, String> environment() {
    return Map.of("RUNNEL_SERVER", "http://localhost:" + server.port());
  }

  private Result publish(String input, String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "publish";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return TestConsole.runWithInput(environment(), input, all);
  }

  private List<String> kept(String topic, int count) {
    return TestConsole.run(
            environment(), "subscribe", topic, "--since", "oldest", "--json", "--count", "" + count)
        .out()
        .lines()
        .map(line -> line.replaceFirst("\"id\":\"[0-9a-z]{8}-", "\"id\":\"-"))
        .toList();
  }

  @Test
  void eachLineIsAnEventInItsOrder() {
    String input =
        IntStream.range(0, 200).mapToObj(i -> "line " + i).collect(Collectors.joining("\r\n"));
    Result result = publish(input, "a", "--lines", "--event", "e");

    assertThat(result.exitCode()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.out().lines()).hasSize(200).allMatch(l -> l.endsWith("\"kept\":\"memory\"}"));
    assertThat(kept("a", 200))
        .isEqualTo(
            IntStream.range(0, 200)
                .mapToObj(
                    i -> "{\"id\":\"-" + (i + 1) + "\",\"type\":\"e\",\"data\":\"line " + i + "\"}")
                .toList());
  }

  @Test
  void linesThatAreThereTogetherAreSentTogether() {
    String input = "x".repeat(20) + "\n";
    publish(input.repeat(2500), "a", "--lines");

    assertThat(hub.statistics().published()).isEqualTo(2500);
    assertThat(requestsAcknowledged()).isEqualTo(3);
    // Much data goes in more requests, and what no request has room for goes alone.
    publish(("x".repeat(30_000) + "\n").repeat(4) + "y".repeat(70_000), "b", "--lines");
    assertThat(hub.statistics().published()).isEqualTo(2505);
    assertThat(requestsAcknowledged()).isEqualTo(3 + 3);
  }

  private long requestsAcknowledged() {
    return server.counters().answers().get(200);
  }

  @Test
  void aLineThatIsThereDoesNotWaitForOneThatIsYetToBeWritten() throws Exception {
    var in = new PipedInputStream();
    var input = new InputEvents(in, "a", null);
    try (var out = new PipedOutputStream(in)) {
      out.write("one\ntwo\nthr".getBytes(UTF_8));
      assertThat(input.hasLine()).isTrue();
      assertThat(input.nextLine().event().data()).isEqualTo("one");
      assertThat(input.nextLine().event().data()).isEqualTo("two");
      assertThat(input.hasLine()).isFalse();
      out.write("ee".getBytes(UTF_8));
      assertThat(input.hasLine()).isFalse();
      out.write('\n');
      assertThat(input.hasLine()).isTrue();
      out.write("four".getBytes(UTF_8));
    }
    assertThat(input.nextLine().event().data()).isEqualTo("three");
    assertThat(input.nextLine()).extracting(Addressed::line).isEqualTo(4L);
    assertThat(input.nextLine()).isNull();
    assertThat(input.bytesRead()).isEqualTo(18);
  }

  @Test
  void whatTheHubRefusesInTheMidstOfManyIsNamedAndWhatStoodBeforeItIsPublished() {
    String mine = hub.cursor().substring(0, 8) + "-1";
    String lines = "{\"data\":1}\n{\"data\":2}\n{\"data\":3,\"id\":\"%s\"}\n{\"data\":4}\n";
    Result result = publish(lines.formatted(mine), "a", "--json-lines");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out().lines()).hasSize(2);
    assertThat(result.err())
        .startsWith("runnel: line 3: status 400: event id \"" + mine + "\" has the form of the")
        .endsWith("runnel: 2 published before that" + System.lineSeparator());
    assertThat(kept("a", 2)).last().asString().endsWith("\"data\":\"2\"}");
    assertThat(hub.statistics().published()).isEqualTo(2);
  }

  @Test
  void manyInFlightAllArrive() {
    String input = IntStream.range(0, 500).mapToObj(i -> "" + i).collect(Collectors.joining("\n"));
    Result result = publish(input, "a", "--lines", "--in-flight", "50");

    assertThat(result.exitCode()).isZero();
    assertThat(kept("a", 500).stream().map(line -> line.replaceAll(".*\"data\":\"|\".*", "")))
        .containsExactlyInAnyOrder(input.split("\n"));
  }

  @Test
  void jsonLinesNameWhatTheyWant() {
    Result result =
        publish(
            """
            {"data": "plain"}

            {"type": "created", "data": {"item": ["lamp", 2.50, null]}, "id": "17"}
            {"event": "e", "data": "b\\nc", "topic": "other/topic"}
            {"data": 12, "type": null}
            """,
            "a",
            "--json-lines",
            "--event",
            "default");

    assertThat(result.err()).isEmpty();
    assertThat(kept("a", 3))
        .containsExactly(
            "{\"id\":\"-1\",\"type\":\"default\",\"data\":\"plain\"}",
            "{\"id\":\"17\",\"type\":\"created\",\"data\":\"{\\\"item\\\": [\\\"lamp\\\", 2.50,"
                + " null]}\"}",
            "{\"id\":\"-4\",\"type\":\"default\",\"data\":\"12\"}");
    assertThat(kept("other/topic", 1))
        .containsExactly("{\"id\":\"-3\",\"type\":\"e\",\"data\":\"b\\nc\"}");
  }

  @Test
  void whatSubscribePrintsAsJsonCanBePublished() throws Exception {
    hub.publish(new Topic("a"), new Event("e", "one\ntwo", "my-id")).get();
    String printed =
        TestConsole.run(
                environment(), "subscribe", "a", "--since", "oldest", "--json", "--count", "1")
            .out();

    assertThat(publish(printed, "b", "--json-lines").exitCode()).isZero();
    assertThat(kept("b", 1))
        .containsExactly("{\"id\":\"my-id\",\"type\":\"e\",\"data\":\"one\\ntwo\"}");
  }

  @Test
  void aLineThatIsWrongIsNamedAndWhatStoodBeforeItIsPublished() {
    record Wrong(String line, String words) {}
    var wrongs =
        List.of(
            new Wrong("{\"data\": ", "line 2: it is no JSON object: "),
            new Wrong("[1]", "line 2: it is no JSON object"),
            new Wrong("{\"type\": \"x\"}", "line 2: it has no data"),
            new Wrong(
                "{\"data\": 1, \"typ\": \"x\"}",
                "line 2: unknown key 'typ': a line has data, event, id and topic"),
            new Wrong("{\"data\": 1, \"id\": 7}", "line 2: its id is no string"),
            new Wrong("{\"data\": null}", "line 2: its data is null"),
            new Wrong("{\"data\": 1, \"data\": 2}", "line 2: it is no JSON object: "),
            new Wrong("{\"data\": 1} {}", "line 2: it has more than one JSON object"),
            new Wrong("{\"data\": 1, \"id\": \"a\\nb\"}", "line 2: event id has LF at index 1"),
            new Wrong("{\"data\": 1, \"topic\": \"a//b\"}", "line 2: "),
            new Wrong("{\"data\": 1, \"type\": \"runnel.x\"}", "line 2: event type runnel.x"));
    for (Wrong wrong : wrongs) {
      Result result =
          publish("{\"data\":0}\n" + wrong.line() + "\n{\"data\":2}\n", "a", "--json-lines");

      assertThat(result.exitCode()).as(wrong.line()).isEqualTo(2);
      assertThat(result.out().lines()).as(wrong.line()).hasSize(1);
      assertThat(result.err()).startsWith("runnel: " + wrong.words());
      assertThat(result.err()).endsWith("runnel: 1 published before that" + System.lineSeparator());
    }
    assertThat(kept("a", wrongs.size())).allMatch(line -> line.endsWith("\"data\":\"0\"}"));
  }

  @Test
  void aRefusalNamesItsLineAndEndsTheRest() throws Exception {
    hub.publish(new Topic("done"), Event.of("x")).get();
    hub.complete(new Topic("done")).get();
    Result result =
        publish(
            "{\"data\":1}\n{\"data\":2,\"topic\":\"done\"}\n{\"data\":3}\n", "a", "--json-lines");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).startsWith("runnel: line 2: status 409: topic done is complete");
    assertThat(kept("a", 1)).hasSize(1);
    assertThat(hub.statistics().published()).isEqualTo(2);
  }

  @Test
  void onATerminalABarStandsForTheReceipts() {
    Result result =
        TestConsole.runOnTerminal(true, environment(), "a\nb\nc\n", "publish", "a", "--lines");

    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).matches("(?s).*3 events published in \\d+\\.\\d s, [\\d,]+/s\\R");
  }

  @Test
  void theBarSaysHowFarItIs() {
    assertThat(Progress.line(1500, 250, 1000, 2_000_000_000L))
        .isEqualTo(
            "[#######.......................]  25 %  1,500 events published in 2.0 s, 750/s");
    assertThat(Progress.line(1, 10, 0, 1_000_000_000L))
        .isEqualTo("1 events published in 1.0 s, 1/s");
  }
}
