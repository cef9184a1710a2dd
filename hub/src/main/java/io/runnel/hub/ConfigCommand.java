package io.runnel.hub;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code runnel config}: what a hub would be started with. */
@Command(
    name = "config",
    description =
        "Prints the configuration that serve would run with, and where each value is from.",
    mixinStandardHelpOptions = true,
    versionProvider = Commands.Version.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    footer = {
      "",
      "Examples:",
      "  runnel config",
      "  RUNNEL_PORT=9000 runnel config --config runnel.properties --max-topics 500",
      "",
      "Flags win over the environment, the environment over the file, the file over defaults."
    })
final class ConfigCommand implements Callable<Integer> {
  private final Console console;
  @Spec private CommandSpec spec = CommandSpec.create();

  private ConfigCommand(Console console) {
    this.console = console;
  }

  static CommandLine create(Console console) {
    var commandLine = new CommandLine(new ConfigCommand(console));
    ConfigFlags.addTo(commandLine.getCommandSpec());
    return commandLine;
  }

  @Override
  public Integer call() throws ConfigException {
    LoadedConfig loaded = ConfigFlags.given(spec.commandLine().getParseResult()).load(console);
    console.out().print(loaded.listing());
    console.out().flush();
    return Runnel.DONE;
  }
}
