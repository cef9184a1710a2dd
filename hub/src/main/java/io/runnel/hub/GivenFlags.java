package io.runnel.hub;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The flags of a command that takes a configuration, as they were given.
 *
 * @param values the texts of each key, in their order
 * @param file what {@code --config} names, or null
 */
record GivenFlags(Map<ConfigKey<?>, List<String>> values, @Nullable Path file) {
  /** Names the file. */
  static final String CONFIG = "--config";

  private static final String COMMAND = "serve";

  /**
   * The flags of {@code serve} where the line is nothing but those: {@code --key value}, {@code
   * --key=value}, or a switch alone. Null for every other line, such as one with a mistake, a file
   * of arguments or {@code --help}.
   */
  static @Nullable GivenFlags ofPlainServe(List<String> line) {
    if (line.isEmpty() || !line.get(0).equals(COMMAND)) return null;
    var values = new LinkedHashMap<ConfigKey<?>, List<String>>();
    Path file = null;
    for (int i = 1; i < line.size(); i++) {
      String flag = line.get(i);
      int equals = flag.indexOf('=');
      String name = equals < 0 ? flag : flag.substring(0, equals);
      ConfigKey<?> key = keyOf(name);
      boolean isSwitch = key != null && isSwitch(key);
      String value;
      if (equals >= 0) value = flag.substring(equals + 1);
      else if (isSwitch && isFlagAt(line, i + 1)) value = "true";
      else if (++i < line.size()) value = line.get(i);
      else return null;
      if (isSwitch ? !isBoolean(value) : !isPlain(value)) return null;
      if (key != null) values.computeIfAbsent(key, first -> new ArrayList<>()).add(value);
      else if (name.equals(CONFIG) && file == null) file = Path.of(value);
      else return null;
    }
    return new GivenFlags(values, file);
  }

  private static boolean isFlagAt(List<String> line, int i) {
    return i == line.size() || line.get(i).startsWith("--");
  }

  /** Whether its value may be left out. */
  static boolean isSwitch(ConfigKey<?> key) {
    return key.defaultValue() instanceof Boolean;
  }

  /** What might be another flag, a file of arguments or nothing is not plain. */
  private static boolean isPlain(String value) {
    return !value.isEmpty() && value.charAt(0) != '-' && value.charAt(0) != '@';
  }

  private static boolean isBoolean(String value) {
    return value.equals("true") || value.equals("false");
  }

  private static @Nullable ConfigKey<?> keyOf(String flag) {
    for (ConfigKey<?> key : ConfigKey.all()) {
      if (!key.isSecret() && flag.equals("--" + key.name())) return key;
    }
    return null;
  }

  /**
   * The configuration that comes of them, of the environment and of the file.
   *
   * @throws ConfigException with a line for each mistake
   */
  LoadedConfig load(Console console) throws ConfigException {
    var sources = new ConfigSources().packaged(System.getProperty("runnel.data"));
    String variable = console.variable("RUNNEL_CONFIG");
    if (file != null) sources.file(file);
    else if (variable != null) sources.file(Path.of(variable));
    sources.environment(console.environment());
    for (ConfigKey<?> key : ConfigKey.all()) {
      List<String> texts = values.get(key);
      if (texts != null) sources.flag(key, texts);
    }
    return sources.load();
  }
}
