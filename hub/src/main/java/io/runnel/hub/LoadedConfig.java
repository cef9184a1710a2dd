package io.runnel.hub;

import java.util.Map;

/**
 * A configuration and where its values come from.
 *
 * @param config the configuration
 * @param sources where a key was set, such as {@code runnel.properties line 3}; a key that is
 *     missing has its default
 */
record LoadedConfig(HubConfig config, Map<ConfigKey<?>, String> sources) {
  LoadedConfig {
    sources = Map.copyOf(sources);
  }

  /** A line for each key: value and source, secrets masked. */
  String listing() {
    var text = new StringBuilder();
    for (ConfigKey<?> key : ConfigKey.all()) {
      String line = key + " = " + config.show(key);
      text.append(String.format("%-50s  (%s)%n", line, sources.getOrDefault(key, "default")));
    }
    return text.toString();
  }
}
