package io.runnel.hub;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code runnel serve}: runs a hub until it is told to stop. */
@Command(
    name = "serve",
    description = "Runs a hub until Ctrl-C or SIGTERM; a second Ctrl-C does not wait.",
    mixinStandardHelpOptions = true,
    versionProvider = Commands.Version.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    footer = {
      "",
      "Examples:",
      "  runnel serve",
      "  runnel serve --port 9000 --data events --retain 'orders/**=100000,64MB,24h'",
      "  runnel serve --slow-consumer 'movement/**=latest' --cors-origin https://shop.example",
      "  runnel serve --host 0.0.0.0 --publish-token-file tokens.txt",
      "",
      "Every flag is also a key of the file (--config) and a variable: --max-topics is max-topics and",
      "RUNNEL_MAX_TOPICS. Flags win over variables, variables over the file. Publish tokens are never",
      "flags: RUNNEL_PUBLISH_TOKEN, or publish-token in the file."
    })
final class ServeCommand implements Callable<Integer> {
  private final Console console;
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--print-config", description = "Print the configuration and do not start.")
  private boolean printConfig;

  private ServeCommand(Console console) {
    this.console = console;
  }

  static CommandLine create(Console console) {
    var commandLine = new CommandLine(new ServeCommand(console));
    ConfigFlags.addTo(commandLine.getCommandSpec());
    return commandLine;
  }

  @Override
  public Integer call() throws ConfigException, IOException, InterruptedException {
    LoadedConfig loaded = ConfigFlags.given(spec.commandLine().getParseResult()).load(console);
    if (printConfig) {
      console.out().print(loaded.listing());
      console.out().flush();
    } else {
      Serving.untilStopped(loaded.config(), console);
    }
    return Runnel.DONE;
  }
}
