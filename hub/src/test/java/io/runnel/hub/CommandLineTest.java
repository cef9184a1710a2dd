package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Hub;
import io.runnel.engine.MemoryHistory;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import io.runnel.hub.TestConsole.Result;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands in this process, against a real hub. */
class CommandLineTest {
  private static final String TOKEN = "0123456789abcdef";
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

  // ---------------------------------------------------------------- what is said wrong

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "serv | unknown command 'serv'; did you mean 'serve'?",
        "serve --prot 1 | unknown option '--prot'; did you mean '--port'?",
        "serve --prot=1 | unknown option '--prot'; did you mean '--port'?",
        "serve now | 'now' is one argument too many; quote what has spaces in it",
        "publish a b c | 'c' is one argument too many; quote what has spaces in it",
        "publish | `missing required parameter: 'TOPIC|URL'`",
        "subscribe | `missing required parameter: 'TOPIC|URL'`",
        "serve --port 99999 | --port 99999: must be a whole number from 0 to 65535",
        "serve --publish-token x | unknown option '--publish-token'; did you mean"
            + " '--publish-token-file'?",
        "publish or*ders x | topic name \"or*ders\" has the character *",
        "publish orders x --timeout soon | --timeout soon: must be a duration from 1ms to 1d, such as"
            + " 500ms or 15s",
        "publish orders x --server nowhere | 'nowhere' is no address such as"
            + " http://localhost:8080",
        "publish --event runnel.open orders x | event type runnel.open belongs to the hub",
        "publish http://localhost:1/orders x | 'http://localhost:1/orders' is no address of a topic,"
            + " such as http://localhost:8080/events/orders",
        "publish orders x --lines | DATA or lines of standard input, not both",
        "publish orders --lines --json-lines | --lines or --json-lines, not both",
        "publish orders --lines --id 7 | --id names one event, not each line",
        "publish orders --lines --in-flight 0 | --in-flight 0: must be from 1 to 1000",
        "publish orders x -H nonsense | header 'nonsense': must be 'Name: value'",
        "subscribe orders -H Host:x | header Host: restricted header name: \"Host\"",
        "subscribe orders --count 0 | --count 0: must be at least 1",
        "subscribe orders --color maybe | --color maybe: must be auto, always or never",
        "subscribe orders --silence soon | --silence soon: must be a duration from 0s to 1d, such as"
            + " 500ms or 15s",
        "subscribe http://[ | 'http://[' is no address such as http://localhost:8080",
        "subscribe a//b | topic name \"a//b\" has an empty segment",
        "serve --data here | data = here: nothing on the class path keeps events on disk; leave it out"
            + " to keep them in memory",
      })
  void aMistakeIsToldInOneLineAndEndsWith2(String line, String message) {
    String[] args = line.strip().split(" ");
    String[] withPorts = line.contains("--data") ? concat(args, "--admin-port=0") : args;

    assertThat(TestConsole.run(withPorts))
        .isEqualTo(new Result(2, "", "runnel: " + message.strip() + System.lineSeparator()));
  }

  @Test
  void noCommandIsAMistakeThatNamesThem() {
    Result result = TestConsole.run();

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("serve, publish, subscribe, config");
  }

  @Test
  void aHubForEverybodyWithoutATokenDoesNotStart() {
    Result result = TestConsole.run("serve", "--host", "0.0.0.0", "--port", "0");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err().lines()).hasSize(1);
    assertThat(result.err()).contains("host = 0.0.0.0 is wider than loopback", "--insecure");
  }

  @ParameterizedTest
  @ValueSource(strings = {"serve", "publish", "subscribe", "config"})
  void helpTeachesByExamplesAndEndsWith0(String command) {
    Result result = TestConsole.run(command, "--help");

    assertThat(result.exitCode()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .contains("Usage: runnel " + command, "Examples:", "  runnel " + command);
  }

  @Test
  void helpOfServeHasEveryKeyThatIsNoSecretWithItsDefault() {
    String help = TestConsole.run("serve", "--help").out().replaceAll("\\s+", " ");

    assertThat(ConfigKey.all())
        .filteredOn(key -> !key.isSecret())
        .allSatisfy(
            key -> assertThat(help).contains(" --" + key, "Default: " + key.defaultText() + "."));
  }

  @Test
  void versionSaysItsOwnAndJavas() {
    assertThat(TestConsole.run("--version").out())
        .isEqualTo(TestConsole.run("serve", "--version").out())
        .startsWith("runnel ")
        .contains(System.getProperty("java.version"));
  }

  // ---------------------------------------------------------------- publish

  @Test
  void publishPrintsTheReceipt() throws Exception {
    Result result = run("publish", "orders", "hello", "--event", "created", "--id", "a b&c=ü");

    assertThat(result)
        .isEqualTo(
            new Result(0, "{\"id\":\"a b&c=ü\",\"kept\":\"memory\"}" + System.lineSeparator(), ""));
    assertThat(run("subscribe", "orders", "--since", "oldest", "--count", "1", "--json").out())
        .isEqualTo(
            "{\"id\":\"a b&c=ü\",\"type\":\"created\",\"data\":\"hello\"}"
                + System.lineSeparator());
  }

  @ParameterizedTest
  @CsvSource({"'hello\n', hello", "'hello\r\n', hello", "'a\n\n', 'a\\n'", "'', ''", "'x', x"})
  void publishReadsStandardInputLessItsLastLineEnd(String input, String data) {
    TestConsole.runWithInput(environment(), input, "publish", "typed");

    assertThat(run("subscribe", "typed", "--since", "oldest", "--count", "1", "--json").out())
        .contains("\"data\":\"" + data + "\"");
  }

  @Test
  void publishTakesAWholeAddressAndAnyTopic() {
    String address = "http://localhost:" + server.port() + "/events/a/b";

    assertThat(TestConsole.run("publish", address, "x").exitCode()).isZero();
    assertThat(run("publish", "ü/&=+", "y").exitCode()).isZero();
    assertThat(run("subscribe", "a/*", "ü/**", "--since", "oldest", "--count", "2").out())
        .contains("] x")
        .contains("] y");
  }

  @Test
  void whatTheHubRefusesIsToldInItsWords() throws Exception {
    hub.publish(new Topic("done"), Event.of("one")).get();
    hub.complete(new Topic("done")).get();

    assertThat(run("publish", "done", "x"))
        .isEqualTo(
            new Result(
                1,
                "",
                "runnel: status 409: topic done is complete: nothing can be published to it any more ("
                    + "http://localhost:"
                    + server.port()
                    + ")"
                    + System.lineSeparator()));
  }

  @Test
  void aHubThatAsksForATokenGetsIt() throws IOException {
    HubConfig closed = CONFIG.with(ConfigKey.PUBLISH_TOKEN, List.of(TOKEN));
    try (HubServer strict = HubServer.start(closed, hub, List.of())) {
      String url = "http://localhost:" + strict.port();
      List<Integer> exitCodes =
          List.of(
              TestConsole.run("publish", "--server", url, "a", "x").exitCode(),
              TestConsole.run("publish", "--server", url, "a", "x", "--token", "wrong").exitCode(),
              TestConsole.run(Map.of("RUNNEL_TOKEN", TOKEN), "publish", "--server", url, "a", "x")
                  .exitCode());

      assertThat(exitCodes).containsExactly(3, 3, 0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"publish orders x", "subscribe orders"})
  void nobodyThereIsOneLine(String line) throws IOException {
    try (var nobody = new HeldPort()) {
      assertThat(TestConsole.run(Map.of("RUNNEL_SERVER", nobody.url()), line.split(" ")))
          .isEqualTo(
              new Result(
                  1,
                  "",
                  "runnel: cannot reach "
                      + nobody.url()
                      + ": connection refused; is a hub running there?"
                      + System.lineSeparator()));
    }
  }

  @Test
  void aConnectionThatBreaksBeforeTheAnswerLeavesItOpenWhetherTheEventIsStored() throws Exception {
    var broken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    // Not on the common pool, which may have one thread, and Java 25 makes attempts there, too.
    var breaking = new Thread(() -> breakEach(broken), "breaking");
    breaking.start();
    String url;
    Result result;
    try (broken) {
      url = "http://127.0.0.1:" + broken.getLocalPort();
      result = TestConsole.run("publish", "orders", "x", "--server", url, "--timeout", "3s");
    }
    breaking.join();

    assertThat(result.exitCode()).isEqualTo(4);
    assertThat(result.err())
        .isEqualTo(
            "runnel: the connection broke at "
                + url
                + ": it is not known whether the event was stored"
                + System.lineSeparator());
  }

  private static void breakEach(ServerSocket listening) {
    while (!listening.isClosed()) {
      try (var socket = listening.accept()) {
        socket.getInputStream().read();
      } catch (IOException gone) {
        // the client, or the test is over
      }
    }
  }

  @Test
  void anAnswerThatDoesNotComeInTimeLeavesItOpenToo() throws Exception {
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String url = "http://127.0.0.1:" + silent.getLocalPort();

      assertThat(TestConsole.run("publish", "a", "x", "--server", url, "--timeout", "300ms").err())
          .contains("no answer in time", "it is not known whether the event was stored");
    }
  }

  // ---------------------------------------------------------------- subscribe

  @Test
  void subscribePrintsEventsWithoutObeyingTheirControlCharacters() throws Exception {
    hub.publish(new Topic("a"), new Event("greeting", "one\n\u001b[31mtwo", "7")).get();
    hub.publish(new Topic("a"), new Event("message", "three", "8")).get();

    assertThat(run("subscribe", "a", "--since", "oldest", "--count", "2").out())
        .isEqualTo(
            "[7] greeting: one\n    \uFFFD[31mtwo"
                + System.lineSeparator()
                + "[8] three"
                + System.lineSeparator());
  }

  @Test
  void subscribeBeginsBehindAnId() throws Exception {
    String first = hub.publish(new Topic("a"), Event.of("one")).get().id();
    hub.publish(new Topic("a"), Event.of("two")).get();

    assertThat(run("subscribe", "a", "--since", first, "--count", "1").out()).endsWith("two\n");
    assertThat(run("subscribe", "a", "--since", "latest", "--count", "1").out()).endsWith("two\n");
  }

  @Test
  void aGapIsToldBesideTheEvents() throws Exception {
    hub.publish(new Topic("a"), Event.of("one")).get();
    Result result = run("subscribe", "a", "--since", "no-such-id", "--count", "1");

    assertThat(result.out()).endsWith("one\n");
    assertThat(result.err()).startsWith("runnel: events may be missing here: ");
  }

  @Test
  void subscribeComesBackWithItsLastEventIdWhenTheConnectionBreaks() throws Exception {
    var port = new HeldPort();
    HubConfig quick =
        CONFIG
            .with(ConfigKey.RECONNECTION_TIME, Duration.ofMillis(50))
            .with(ConfigKey.PORT, port.number());
    Hub engine =
        new Hub(
            quick.engineSettings(),
            new MemoryHistory(
                quick.retention(),
                quick.historyMaxBytes(),
                InstantSource.system(),
                new SplittableRandom(1)),
            InstantSource.system(),
            new SplittableRandom(2));
    HubServer first = HubServer.start(quick, engine, List.of());
    engine.publish(new Topic("a"), Event.of("one")).get();
    var following =
        CompletableFuture.supplyAsync(
            () ->
                TestConsole.run(
                    "subscribe",
                    "a",
                    "--since",
                    "oldest",
                    "--count",
                    "2",
                    "--server",
                    "http://localhost:" + port.number()),
            task -> new Thread(task, "following").start());
    while (engine.statistics().deliveries() < 1) Thread.onSpinWait();
    first.close();
    engine.publish(new Topic("a"), Event.of("two")).get();
    try (port;
        HubServer second = HubServer.start(quick, engine, List.of())) {
      Result result = following.get(60, TimeUnit.SECONDS);

      assertThat(result.exitCode()).isZero();
      assertThat(result.out().lines().map(line -> line.replaceFirst(".*] ", "")))
          .containsExactly("one", "two");
      assertThat(result.err()).contains("reconnecting");
      assertThat(second.port()).isEqualTo(port.number());
    }
    engine.close();
  }

  @Test
  void aCompleteTopicEndsTheFollowing() throws Exception {
    hub.publish(new Topic("a"), Event.of("one")).get();
    hub.complete(new Topic("a")).get();

    assertThat(run("subscribe", "a", "--since", "oldest").exitCode()).isZero();
  }

  @Test
  void whatIsNoEventStreamIsRefused() {
    Result result = TestConsole.run("subscribe", "http://localhost:" + server.port() + "/");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .contains("is no event stream, but of type 'text/html")
        .contains("http://localhost:");
  }

  @Test
  void jsonIsValidForHostileText() throws Exception {
    hub.publish(new Topic("a"), Event.of("\"\\\n\u0001\u2028\u00fc")).get();
    String line = run("subscribe", "a", "--since", "oldest", "--count", "1", "--json").out();

    assertThat(HubCalls.stringMembers(line.getBytes(UTF_8)))
        .containsEntry("data", "\"\\\n\u0001\u2028\u00fc");
  }

  private Map<String, String> environment() {
    return Map.of("RUNNEL_SERVER", "http://localhost:" + server.port());
  }

  private Result run(String... args) {
    return TestConsole.run(environment(), args);
  }

  private static String[] concat(String[] args, String more) {
    var all = Arrays.copyOf(args, args.length + 1);
    all[args.length] = more;
    return all;
  }
}
