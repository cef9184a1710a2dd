package io.runnel.hub;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;

/**
 * A hub's life as a process: it says where it listens, runs until it is told to stop, and drains.
 */
final class Serving {
  private Serving() {}

  /**
   * Runs a hub until Ctrl-C or SIGTERM.
   *
   * @throws ConfigException if it must not be started so
   * @throws IOException if the history cannot be opened or a port not be bound
   */
  static void untilStopped(HubConfig config, Console console)
      throws ConfigException, IOException, InterruptedException {
    config.requireSafe();
    var asked = new CountDownLatch(1);
    StopSignal signal = console.onStop(asked::countDown);
    try (RunningHub hub = RunningHub.start(config)) {
      warnOfFewFiles(config, console);
      console.out().print(hub.welcome());
      console.out().flush();
      asked.await();
      console.err().println("Stopping; another Ctrl-C does not wait for connections to close.");
      hub.drain();
    } finally {
      signal.done(Runnel.DONE);
    }
  }

  private static void warnOfFewFiles(HubConfig config, Console console) {
    if (config.maxConnections() <= OpenFiles.limit()) return;
    console.complain(
        "warning: max-connections = "
            + config.maxConnections()
            + " is over the limit of "
            + OpenFiles.limit()
            + " open files (ulimit -n)");
  }
}
