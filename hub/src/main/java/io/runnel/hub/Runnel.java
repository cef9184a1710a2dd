package io.runnel.hub;

import java.io.IOException;
import java.util.List;

/**
 * The command line: {@code runnel serve|publish|subscribe|config}.
 *
 * <p>Exit codes: 0 done; 1 it did not work; 2 it was not said right; 3 not allowed; 4 it is not
 * known whether it worked; 70 a mistake of Runnel's own, the only one that shows a stack trace; 130
 * interrupted.
 */
public final class Runnel {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int MISUSED = 2;
  static final int NOT_ALLOWED = 3;
  static final int NOT_KNOWN = 4;
  static final int BROKEN = 70;
  static final int INTERRUPTED = 130;

  private Runnel() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    Console console = Console.ofProcess();
    int exitCode = run(console, args);
    console.out().flush();
    System.exit(exitCode);
  }

  /**
   * Runs a command. A hub that is started with plain flags does not wait for the library that
   * understands all the rest: its classes are too old for what a JVM keeps from start to start.
   */
  static int run(Console console, String... args) {
    GivenFlags plain = GivenFlags.ofPlainServe(List.of(args));
    return plain == null ? Commands.run(console, args) : serve(plain, console);
  }

  private static int serve(GivenFlags flags, Console console) {
    try {
      Serving.untilStopped(flags.load(console).config(), console);
      return DONE;
    } catch (Exception e) { // as the library does it
      return failed(console, e);
    }
  }

  /** Says what went wrong; answers the exit code. */
  static int failed(Console console, Exception e) {
    String message = String.valueOf(e.getMessage());
    if (e instanceof ConfigException) {
      console.complain(message);
      return MISUSED;
    }
    if (e instanceof IOException) {
      console.complain(message);
      return FAILED;
    }
    console.complain("this should not happen, and is a mistake of Runnel's own:");
    e.printStackTrace(console.err());
    return BROKEN;
  }

  /** The version that the jar says. */
  static String version() {
    String version = Runnel.class.getPackage().getImplementationVersion();
    return version == null ? "(not packaged)" : version;
  }
}
