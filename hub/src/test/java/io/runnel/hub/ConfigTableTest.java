package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.hub.TestConsole.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every key, by every way in which it can be set. */
class ConfigTableTest {
  private static final String TOKEN = "0123456789abcdef0123456789abcdef";

  /**
   * A key with a value that nobody has by default, three more for the sources to differ in, and one
   * that is refused.
   */
  private record Row(
      String key, String inFile, String inEnvironment, String asFlag, String bad, String rule) {
    @Override
    public String toString() {
      return key;
    }
  }

  private static final List<Row> TABLE =
      List.of(
          new Row("host", "127.0.0.2", "127.0.0.3", "127.0.0.4", "a b", "an address"),
          new Row("port", "9001", "9002", "9003", "65536", "a whole number from 0 to 65535"),
          new Row(
              "server-name",
              "a.example",
              "b.example",
              "hub.c.example",
              "a.example:80",
              "a host name without a port"),
          new Row("admin-host", "127.0.0.2", "127.0.0.3", "127.0.0.4", "a b", "an address"),
          new Row("admin-port", "9001", "9002", "9003", "x", "a whole number from 0 to 65535"),
          new Row("threads", "3", "4", "5", "0", "a whole number from 1 to 64"),
          new Row("native-io", "false", "false", "false", "yes", "true or false"),
          new Row("tls-cert", "one", "two", "three", "\0", "a path"),
          new Row("tls-key", "one", "two", "three", "\0", "a path"),
          new Row("data", "one", "two", "three", "\0", "a path"),
          new Row("memory", "true", "true", "true", "yes", "true or false"),
          new Row(
              "retain",
              "a/**=1,2MB,3h",
              "b=4,5KiB,6d",
              "c/*=7,8GiB,9s",
              "a=1,2,3",
              "pattern=events,bytes,age"),
          new Row("history-max-bytes", "1GB", "2GB", "3GB", "12", "a size from 1MiB"),
          new Row("window-events", "100", "200", "300", "-1", "a whole number from 16"),
          new Row("window-bytes", "1MB", "2MB", "3MB", "1", "a size from 64KiB"),
          new Row("slow-consumer", "a=skip", "b=latest", "c=disconnect", "a=die", "pattern=policy"),
          new Row("heartbeat", "1s", "2s", "3s", "1500ms", "a duration from 1s to 1h in whole"),
          new Row("reconnection-time", "100ms", "200ms", "300ms", "2h", "a duration from 0s"),
          new Row("write-timeout", "1s", "2s", "3s", "10", "a duration from 1s to 1h"),
          new Row("long-poll-wait", "1s", "2s", "3s", "11m", "a duration from 100ms to 10m"),
          new Row("drain", "0s", "2s", "3s", "11m", "a duration from 0s to 10m"),
          new Row("max-topics", "10", "20", "30", "0", "a whole number from 1"),
          new Row("max-topics-per-subscription", "1", "2", "3", "0", "a whole number from 1"),
          new Row("max-connections", "10", "20", "30", "many", "a whole number from 1"),
          new Row("max-streams-per-connection", "10", "20", "30", "0", "a whole number from 1"),
          new Row("max-body", "1kB", "2kB", "3kB", "17MiB", "a size from 1 to 16MiB"),
          new Row("max-request-header-bytes", "2KiB", "3KiB", "5KiB", "1", "a size from 1KiB"),
          new Row("max-uri-bytes", "2KiB", "3KiB", "5KiB", "1", "a size from 256"),
          new Row("request-timeout", "1s", "2s", "3s", "1ms", "a duration from 100ms"),
          new Row("idle-timeout", "1s", "2s", "3s", "1ms", "a duration from 100ms"),
          new Row("publish-token", TOKEN, TOKEN + "2", "", "short", "16 to 512 of the characters"),
          new Row("publish-token-file", "", "", "", "none.txt", "no such file"),
          new Row(
              "subscribe-token", TOKEN, TOKEN + "2", "", "short", "16 to 512 of the characters"),
          new Row("insecure", "true", "true", "true", "yes", "true or false"),
          new Row(
              "cors-origin",
              "https://a.example",
              "https://b.example",
              "http://c.example:8080",
              "https://a.example/",
              "scheme://host"));

  @TempDir Path folder;

  static Stream<Row> table() {
    return TABLE.stream();
  }

  /** Those that can be told apart in a list of the configuration. */
  static Stream<Row> shown() {
    return TABLE.stream().filter(row -> !row.key.contains("-token"));
  }

  static Stream<Row> flags() {
    return TABLE.stream().filter(row -> !row.key.endsWith("-token"));
  }

  @Test
  void everyKeyHasItsRowHere() {
    assertThat(TABLE.stream().map(Row::key))
        .containsExactlyElementsOf(ConfigKey.all().stream().map(ConfigKey::name).toList());
  }

  @ParameterizedTest
  @MethodSource("shown")
  void aKeyHasItsDefaultUntilAFileAVariableOrAFlagSetsItInThisOrder(Row row) throws IOException {
    Path file = file(row.key + " = " + row.inFile);
    String variable = variable(row);
    var environment = Map.of(variable, row.inEnvironment);
    List<String> lines =
        List.of(
            line(row, Map.of(), "config"),
            line(row, Map.of(), "config", "--config", file.toString()),
            line(row, environment, "config", "--config", file.toString()),
            line(
                row,
                environment,
                "config",
                "--config",
                file.toString(),
                "--" + row.key + "=" + row.asFlag));

    assertThat(lines)
        .containsExactly(
            entry(row, HubConfig.DEFAULT.show(key(row)), "default"),
            entry(row, row.inFile, "runnel.properties line 1"),
            entry(row, row.inEnvironment, variable),
            entry(row, row.asFlag, "--" + row.key));
  }

  @ParameterizedTest
  @MethodSource("table")
  void aBadValueInAFileIsNamedWithItsLineAndItsRule(Row row) throws IOException {
    Path file = file("# a comment\n" + row.key + " = " + row.bad.replace("\0", "\\u0000"));
    Result result = TestConsole.run("config", "--config", file.toString());

    assertOneLineNaming(result, row, row.key + " = ");
  }

  @ParameterizedTest
  @MethodSource("table")
  void aBadVariableIsNamedWithItsRule(Row row) {
    Result result = TestConsole.run(Map.of(variable(row), row.bad), "config");

    assertOneLineNaming(
        result, row, row.key.equals("publish-token-file") ? row.key : variable(row));
  }

  @ParameterizedTest
  @MethodSource("flags")
  void aBadFlagIsNamedWithItsRule(Row row) {
    Result result = TestConsole.run("serve", "--" + row.key + "=" + row.bad);

    assertOneLineNaming(result, row, row.key);
  }

  @ParameterizedTest
  @MethodSource("shown")
  void whatIsListedCanBeGivenAgain(Row row) throws IOException {
    Path first = file(row.key + " = " + row.inFile);
    String listed = line(row, Map.of(), "config", "--config", first.toString());
    Path second = file(listed.replaceFirst(" +\\(.*\\)$", ""));

    assertThat(line(row, Map.of(), "config", "--config", second.toString())).isEqualTo(listed);
  }

  private static void assertOneLineNaming(Result result, Row row, String place) {
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err().lines()).hasSize(1);
    assertThat(result.err()).startsWith("runnel: ").contains(place).contains(row.rule);
  }

  private static String entry(Row row, String value, String source) {
    return String.format("%-50s  (%s)", row.key + " = " + value, source);
  }

  private static String line(Row row, Map<String, String> environment, String... args) {
    Result result = TestConsole.run(environment, args);
    assertThat(result.err()).isEmpty();
    return result
        .out()
        .lines()
        .filter(line -> line.startsWith(row.key + " = "))
        .findFirst()
        .orElseThrow();
  }

  private static String variable(Row row) {
    return key(row).environmentName();
  }

  private static ConfigKey<?> key(Row row) {
    return ConfigKey.all().stream()
        .filter(key -> key.name().equals(row.key))
        .findFirst()
        .orElseThrow();
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("runnel.properties"), text + "\n", UTF_8);
  }
}
