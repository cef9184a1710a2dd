package io.runnel.hub;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The flags of a command that takes a configuration: one for each {@link ConfigKey}. */
final class ConfigFlags {
  private ConfigFlags() {}

  /** Gives the flags to a command. */
  static void addTo(CommandSpec command) {
    command.addOption(
        OptionSpec.builder(GivenFlags.CONFIG)
            .paramLabel("FILE")
            .type(Path.class)
            .description(
                "A file with these keys, without the --, in the format of Java properties; also"
                    + " RUNNEL_CONFIG.")
            .build());
    for (ConfigKey<?> key : ConfigKey.all()) {
      // Other users of a machine can see the flags of its processes.
      if (!key.isSecret()) command.addOption(option(key));
    }
  }

  private static OptionSpec option(ConfigKey<?> key) {
    boolean isSwitch = GivenFlags.isSwitch(key);
    String description = key.meaning().replace("`", "") + " Default: " + key.defaultText() + ".";
    OptionSpec.Builder option =
        OptionSpec.builder("--" + key.name())
            .paramLabel(isSwitch ? "true|false" : key.type().label().toUpperCase(Locale.ROOT))
            .description(description.replace("%", "%%"))
            .type(List.class)
            .auxiliaryTypes(String.class)
            .arity(isSwitch ? "0..1" : "1");
    return isSwitch ? option.fallbackValue("true").build() : option.build();
  }

  /** What a command was given. */
  static GivenFlags given(ParseResult flags) {
    var values = new LinkedHashMap<ConfigKey<?>, List<String>>();
    for (ConfigKey<?> key : ConfigKey.all()) {
      String name = "--" + key.name();
      if (flags.hasMatchedOption(name)) {
        values.put(key, flags.matchedOptionValue(name, List.<String>of()));
      }
    }
    return new GivenFlags(values, flags.matchedOptionValue(GivenFlags.CONFIG, (Path) null));
  }
}
