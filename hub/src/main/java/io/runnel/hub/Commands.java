package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** What {@code runnel} understands, its help, and what it says when it does not understand. */
@Command(
    name = "runnel",
    description = "Server push over Server-Sent Events.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Commands.Version.class,
    footer = {
      "",
      "Examples:",
      "  runnel serve                       a hub on http://localhost:8080",
      "  runnel subscribe orders            shows what is published, in another terminal",
      "  runnel publish orders 'hello'      publishes",
      "",
      "runnel COMMAND --help tells more of each."
    })
final class Commands implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  private Commands() {}

  /** Runs a command; answers its exit code. */
  static int run(Console console, String... args) {
    return commandLine(console, args.length == 0 ? "" : args[0]).execute(args);
  }

  /**
   * With the command of that name; with all of them if there is none. Each costs time to set up.
   */
  private static CommandLine commandLine(Console console, String name) {
    Map<String, Supplier<Object>> commands = commands(console);
    var commandLine = new CommandLine(new Commands());
    Supplier<Object> named = commands.get(name);
    if (named != null) commandLine.addSubcommand(named.get());
    else commands.values().forEach(command -> commandLine.addSubcommand(command.get()));
    commandLine.setOut(new PrintWriter(console.out(), true, UTF_8));
    commandLine.setErr(new PrintWriter(console.err(), true, UTF_8));
    commandLine.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF));
    commandLine.setUsageHelpWidth(100);
    commandLine.setParameterExceptionHandler((e, args) -> misused(console, e));
    commandLine.setExecutionExceptionHandler((e, command, parsed) -> Runnel.failed(console, e));
    return commandLine;
  }

  private static Map<String, Supplier<Object>> commands(Console console) {
    var commands = new LinkedHashMap<String, Supplier<Object>>();
    commands.put("serve", () -> ServeCommand.create(console));
    commands.put("publish", () -> new PublishCommand(console));
    commands.put("subscribe", () -> new SubscribeCommand(console));
    commands.put("config", () -> ConfigCommand.create(console));
    return commands;
  }

  /** No command at all: says what there is. */
  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "no command: one of serve, publish, subscribe, config; try --help");
  }

  private static int misused(Console console, ParameterException e) {
    console.complain(describe(e));
    return Runnel.MISUSED;
  }

  private static String describe(ParameterException e) {
    if (!(e instanceof UnmatchedArgumentException unmatched))
      return plain(String.valueOf(e.getMessage()));
    CommandSpec command = e.getCommandLine().getCommandSpec();
    String argument = unmatched.getUnmatched().get(0);
    if (argument.startsWith("-")) {
      String name = argument.replaceFirst("=.*", "");
      var names = new ArrayList<String>();
      command.options().forEach(option -> names.addAll(List.of(option.names())));
      return "unknown option '" + name + "'" + Nearest.suggestion(name, names);
    }
    if (!command.subcommands().isEmpty()) {
      return "unknown command '"
          + argument
          + "'"
          + Nearest.suggestion(argument, command.subcommands().keySet());
    }
    return "'" + argument + "' is one argument too many; quote what has spaces in it";
  }

  private static String plain(String message) {
    return message.isEmpty()
        ? message
        : Character.toLowerCase(message.charAt(0)) + message.substring(1);
  }

  /** The version that the jar says. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {
        "runnel " + Runnel.version() + " on Java " + System.getProperty("java.version")
      };
    }
  }
}
