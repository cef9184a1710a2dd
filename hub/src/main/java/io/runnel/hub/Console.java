package io.runnel.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a command talks to: its streams and its environment.
 *
 * @param in what is typed or piped in
 * @param out what was asked for
 * @param err what a person is told beside it
 * @param inputIsTyped whether a person would have to type what is read from {@code in}
 * @param environment the environment variables
 */
record Console(
    InputStream in,
    PrintStream out,
    PrintStream err,
    boolean inputIsTyped,
    Map<String, String> environment) {

  /** That of this process. */
  static Console ofProcess() {
    return new Console(
        System.in, System.out, System.err, standardInputIsTerminal(), System.getenv());
  }

  /**
   * Asks Linux, since {@code System.console()} looks at input and output together, and not in every
   * release. Elsewhere input is read until it ends, as {@code cat} does.
   */
  private static boolean standardInputIsTerminal() {
    try {
      String device = Files.readSymbolicLink(Path.of("/proc/self/fd/0")).toString();
      return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /** One line for each line of what went wrong. */
  void complain(String message) {
    message.lines().forEach(line -> err.println("runnel: " + line));
    err.flush();
  }
}
