package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a command talks to: its streams and its environment.
 *
 * @param in what is typed or piped in
 * @param out what was asked for
 * @param err what a person is told beside it
 * @param inputIsTyped whether a person would have to type what is read from {@code in}
 * @param environment the environment variables
 * @param hearsSignals whether the process is ours, and with it what signals do to it
 */
record Console(
    InputStream in,
    PrintStream out,
    PrintStream err,
    boolean inputIsTyped,
    Map<String, String> environment,
    boolean hearsSignals) {

  /** That of this process. Events are UTF-8, so what is printed is, whatever the locale. */
  static Console ofProcess() {
    return new Console(
        System.in,
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, UTF_8),
        standardInputIsTerminal(),
        System.getenv(),
        true);
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

  /** The variable, or null if it is not set or empty. */
  @Nullable String variable(String name) {
    String value = environment.get(name);
    return value == null || value.isBlank() ? null : value.strip();
  }

  /** See {@link StopSignal#listen}. */
  StopSignal onStop(Runnable action) {
    return hearsSignals ? StopSignal.listen(action) : StopSignal.never(action);
  }

  /** One line for each line of what went wrong. */
  void complain(String message) {
    message.lines().forEach(line -> err.println("runnel: " + line));
    err.flush();
  }
}
