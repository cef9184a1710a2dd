package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.Map;

/** Runs commands in this process and keeps what they say. */
final class TestConsole {
  /** What a command said and how it ended. */
  record Result(int exitCode, String out, String err) {}

  private TestConsole() {}

  static Result run(String... args) {
    return runWithInput(Map.of(), "", args);
  }

  static Result run(Map<String, String> environment, String... args) {
    return runWithInput(environment, "", args);
  }

  static Result runWithInput(Map<String, String> environment, String input, String... args) {
    return runOnTerminal(false, environment, input, args);
  }

  /** Input comes from a file; what is said goes to a terminal, or does not. */
  static Result runOnTerminal(
      boolean isTerminal, Map<String, String> environment, String input, String... args) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var console =
        new Console(
            new ByteArrayInputStream(input.getBytes(UTF_8)),
            new PrintStream(out, true, UTF_8),
            new PrintStream(err, true, UTF_8),
            false,
            input.length(),
            isTerminal,
            isTerminal,
            environment,
            false);
    int exitCode = Runnel.run(console, args);
    return new Result(exitCode, out.toString(UTF_8), err.toString(UTF_8));
  }
}
