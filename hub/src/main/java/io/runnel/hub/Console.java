package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
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
 * @param inputLength how many bytes can be read from {@code in}; 0 if that is not known
 * @param outputIsTerminal whether a person reads {@code out}
 * @param errorsAreTerminal whether a person reads {@code err}
 * @param environment the environment variables
 * @param hearsSignals whether the process is ours, and with it what signals do to it
 */
record Console(
    InputStream in,
    PrintStream out,
    PrintStream err,
    boolean inputIsTyped,
    long inputLength,
    boolean outputIsTerminal,
    boolean errorsAreTerminal,
    Map<String, String> environment,
    boolean hearsSignals) {

  /** That of this process. Events are UTF-8, so what is printed is, whatever the locale. */
  static Console ofProcess() {
    return new Console(
        System.in,
        stream(FileDescriptor.out),
        stream(FileDescriptor.err),
        isTerminal(0),
        standardInputLength(),
        isTerminal(1),
        isTerminal(2),
        System.getenv(),
        true);
  }

  /** Written line by line: one write of the system for each, so that lines of two stay whole. */
  private static PrintStream stream(FileDescriptor descriptor) {
    var buffered = new BufferedOutputStream(new FileOutputStream(descriptor), 64 << 10);
    return new PrintStream(buffered, true, UTF_8);
  }

  /**
   * Asks Linux, since {@code System.console()} looks at input and output together, and not in every
   * release. Elsewhere nothing counts as a terminal: input is read until it ends, as {@code cat}
   * does, and nothing is coloured unless it is asked for.
   */
  private static boolean isTerminal(int descriptor) {
    try {
      String device = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /** A file has a length, a pipe has none. */
  private static long standardInputLength() {
    try {
      FileChannel input = new FileInputStream(FileDescriptor.in).getChannel();
      return Math.max(0, input.size() - input.position());
    } catch (IOException e) {
      return 0;
    }
  }

  /** Whether colours would be seen, and nobody minds them (no-color.org). */
  boolean mayColour() {
    return outputIsTerminal && variable("NO_COLOR") == null && !"dumb".equals(variable("TERM"));
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
