package io.runnel.hub;

import static io.runnel.hub.AnsweringServer.STREAM;
import static io.runnel.hub.AnsweringServer.status;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.hub.TestConsole.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code runnel subscribe} against servers of which each answer is written out. */
@Timeout(60)
class SubscribeCommandTest {
  private static final String QUICK = "retry: 500\n\n";
  private static final String END = status("204 No Content");

  @TempDir Path folder;

  private static Result subscribe(AnsweringServer server, String... arguments) {
    String[] all = new String[arguments.length + 2];
    all[0] = "subscribe";
    all[1] = server.url() + "/";
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return TestConsole.run(all);
  }

  @Test
  void eventsAreFollowedAcrossConnectionsUntilTheServerEndsThem() throws Exception {
    try (var server =
        new AnsweringServer(
            STREAM + QUICK + "id: 1\ndata: one\n\n",
            STREAM + "id: 2\nevent: e\ndata: two\ndata: lines\n\n",
            END)) {
      Result result = subscribe(server);

      assertThat(result.exitCode()).isZero();
      assertThat(result.out().lines()).containsExactly("[1] one", "[2] e: two", "    lines");
      assertThat(result.err()).contains("the stream ended; reconnecting in", "connected again");
      assertThat(server.requests.take()).doesNotContain("Last-Event-ID");
      assertThat(server.requests.take()).contains("Last-Event-ID: 1\r\n");
      assertThat(server.requests.take()).contains("Last-Event-ID: 2\r\n");
    }
  }

  @Test
  void headersTokenAndPositionAreSent() throws Exception {
    try (var server = new AnsweringServer(END)) {
      Result result =
          subscribe(
              server, "-H", "X-One: 1", "--header", "X-Two:2", "--token", "abc", "--since", "17");

      assertThat(result).isEqualTo(new Result(0, "", ""));
      assertThat(server.requests.take().lines())
          .contains("x-one: 1", "x-two: 2", "authorization: Bearer abc", "Last-Event-ID: 17");
    }
  }

  @Test
  void aNamedPositionIsAskedForInTheQuery() throws Exception {
    try (var server = new AnsweringServer(END)) {
      subscribe(server, "--since", "oldest");

      assertThat(server.requests.take()).startsWith("GET /?from=oldest HTTP/1.1\r\n");
    }
  }

  @Test
  void onlyTheTypesAskedForArePrintedAndCounted() throws Exception {
    String stream = "data: a\n\nevent: x\ndata: b\n\nevent: y\ndata: c\n\nevent: x\ndata: d\n\n";
    try (var server = new AnsweringServer(STREAM + stream, END)) {
      assertThat(subscribe(server, "--event", "x", "--event", "y", "--count", "2").out().lines())
          .containsExactly("[] x: b", "[] y: c");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "401 Unauthorized | 3 | status 401 from ",
        "403 Forbidden | 3 | status 403 from ",
        "404 Not Found | 1 | status 404 from ",
        "302 Found | 1 | a redirect without a Location",
        "200 OK | 1 | the answer is no event stream, but of type ''",
      })
  void aRefusalIsOneLineAndHasItsExitCode(String status, int exitCode, String words)
      throws Exception {
    try (var server = new AnsweringServer(status(status))) {
      Result result = subscribe(server);

      assertThat(result.exitCode()).isEqualTo(exitCode);
      assertThat(result.out()).isEmpty();
      assertThat(result.err().lines()).hasSize(1);
      assertThat(result.err()).startsWith("runnel: " + words).contains(server.url());
      assertThat(server.requests).hasSize(1);
    }
  }

  @Test
  void aRefusalThatSaysWhyIsQuoted() throws Exception {
    String problem = "{\"title\":\"Unauthorized\",\"detail\":\"a token\\nis needed\\u001b[31m\"}";
    try (var server =
        new AnsweringServer(
            "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/problem+json\r\nContent-Length: "
                + problem.length()
                + "\r\n\r\n"
                + problem)) {
      Result result = subscribe(server);

      assertThat(result.err().strip())
          .isEqualTo("runnel: status 401 from " + server.url() + "/: a token is needed [31m");
    }
  }

  @Test
  void aServerThatIsBusyIsAskedAgainAfterTheTimeThatItNames() throws Exception {
    try (var server =
        new AnsweringServer(status("503 Busy\r\nRetry-After: 1"), STREAM + "data: a\n\n", END)) {
      Result result = subscribe(server);

      assertThat(result.exitCode()).isZero();
      assertThat(result.out()).isEqualToIgnoringNewLines("[] a");
      assertThat(result.err())
          .startsWith("runnel: status 503 from " + server.url() + "/; reconnecting in 1.");
    }
  }

  @Test
  void largeDataIsPrintedWholeAsTextAndAsJson() throws Exception {
    String large = "0123456789".repeat(300_000);
    String stream = "id: 1\ndata: " + large + "\n\nid: 2\ndata: b\n\n";
    try (var server = new AnsweringServer(STREAM + stream, END)) {
      assertThat(subscribe(server, "--count", "2").out().lines())
          .containsExactly("[1] " + large, "[2] b");
    }
    try (var server = new AnsweringServer(STREAM + stream, END)) {
      assertThat(subscribe(server, "--json", "--count", "1").out())
          .isEqualToIgnoringNewLines(
              "{\"id\":\"1\",\"type\":\"message\",\"data\":\"" + large + "\"}");
    }
  }

  @Test
  void largeDataThatIsCutOffSaysSoAndComesAgain() throws Exception {
    String large = "0".repeat(3_000_000);
    try (var server =
        new AnsweringServer(
            STREAM + QUICK + "id: 1\ndata: " + large,
            STREAM + "id: 1\ndata: " + large + "\n\n",
            END)) {
      assertThat(subscribe(server, "--json", "--count", "1").out().lines())
          .containsExactly(
              "{\"id\":\"1\",\"type\":\"message\",\"data\":\"" + large + "\",\"cut\":true}",
              "{\"id\":\"1\",\"type\":\"message\",\"data\":\"" + large + "\"}");
    }
  }

  @Test
  void coloursAreForTerminalsOnlyAndNotForWhoMindsThem() throws Exception {
    String plain = "[1] e: a";
    String coloured = "\u001b[2m[1]\u001b[0m \u001b[1me:\u001b[0m a";
    assertThat(printed(false, Map.of())).isEqualTo(plain);
    assertThat(printed(true, Map.of())).isEqualTo(coloured);
    assertThat(printed(true, Map.of("NO_COLOR", "1"))).isEqualTo(plain);
    assertThat(printed(true, Map.of("TERM", "dumb"))).isEqualTo(plain);
    assertThat(printed(false, Map.of("NO_COLOR", "1"), "--color", "always")).isEqualTo(coloured);
    assertThat(printed(true, Map.of(), "--color", "never")).isEqualTo(plain);
    assertThat(printed(true, Map.of(), "--json"))
        .isEqualTo("{\"id\":\"1\",\"type\":\"e\",\"data\":\"a\"}");
  }

  private static String printed(
      boolean onTerminal, Map<String, String> environment, String... arguments) throws Exception {
    try (var server = new AnsweringServer(STREAM + "event: e\nid: 1\ndata: a\n\n", END)) {
      var all = new java.util.ArrayList<>(List.of("subscribe", server.url(), "--count", "1"));
      all.addAll(List.of(arguments));
      return TestConsole.runOnTerminal(onTerminal, environment, "", all.toArray(String[]::new))
          .out()
          .strip();
    }
  }

  @Test
  void aResumeFileBeginsWhereTheLastRunEnded() throws Exception {
    Path file = folder.resolve("orders.id");
    String[] resuming = {"--resume", file.toString(), "--since", "oldest", "--count", "1"};
    try (var server = new AnsweringServer(STREAM + "id: 1\ndata: a\n\nid: 2\ndata: b\n\n", END)) {
      assertThat(subscribe(server, resuming).out()).isEqualToIgnoringNewLines("[1] a");
      assertThat(server.requests.take()).startsWith("GET /?from=oldest ");
    }
    assertThat(file).hasContent("1\n");
    try (var server = new AnsweringServer(STREAM + "id: 2\ndata: b\n\n", END)) {
      assertThat(subscribe(server, resuming).out()).isEqualToIgnoringNewLines("[2] b");
      assertThat(server.requests.take()).startsWith("GET / ").contains("Last-Event-ID: 1\r\n");
    }
    assertThat(file).hasContent("2\n");
    assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
  }

  @Test
  void aPositionWithoutAnEventIsKeptAsWell() throws Exception {
    Path file = folder.resolve("id");
    try (var server = new AnsweringServer(STREAM + "id: 7\n\n", END)) {
      subscribe(server, "--resume", file.toString());
    }
    assertThat(file).hasContent("7\n");
  }

  @Test
  void aResumeFileThatCannotBeUsedIsOneLineBeforeAnythingIsAsked() throws Exception {
    Path missing = folder.resolve("no").resolve("id");
    Path directory = Files.createDirectory(folder.resolve("directory"));
    Files.createFile(directory.resolve("in-it"));
    try (var server = new AnsweringServer(END)) {
      assertThat(subscribe(server, "--resume", missing.toString()))
          .isEqualTo(
              new Result(
                  1,
                  "",
                  "runnel: cannot write resume file "
                      + missing
                      + ": no such directory"
                      + System.lineSeparator()));
      Result isDirectory = subscribe(server, "--resume", directory.toString());
      assertThat(isDirectory.exitCode()).isEqualTo(1);
      assertThat(isDirectory.err()).startsWith("runnel: cannot read resume file " + directory);
      assertThat(isDirectory.err().lines()).hasSize(1);
      assertThat(server.requests).isEmpty();
    }
  }
}
