package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a configuration comes from: the defaults, under a file, under the environment, under flags.
 *
 * <p>A source that gives a key at all gives all of it: {@code --retain} replaces every {@code
 * retain} of the file. Sources are to be added in rising order. For one thread.
 */
final class ConfigSources {
  /**
   * Variables that begin with RUNNEL_ and are no keys: of the command line, the scripts and the
   * tests.
   */
  static final Set<String> OTHER_VARIABLES =
      Set.of(
          "RUNNEL_CONFIG",
          "RUNNEL_SERVER",
          "RUNNEL_TOKEN",
          "RUNNEL_JAVA",
          "RUNNEL_OPTS",
          "RUNNEL_CMD",
          "RUNNEL_CHROMIUM");

  /** What Kubernetes and Docker put into the environment for a service that is called runnel. */
  private static final Pattern SERVICE_LINK =
      Pattern.compile(
          "RUNNEL_(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT_[0-9]+_(TCP|UDP|SCTP).*)");

  private static final Pattern SERVICE_URL = Pattern.compile("(tcp|udp|sctp)://.*");
  private static final Pattern NUMBERED = Pattern.compile("(.+)\\.([0-9]{1,9})");

  /**
   * A text that somebody gave for a key.
   *
   * @param source where it stands, as the list of the configuration shows it
   * @param quoted key, value and place, as a message shows them; secrets are masked
   */
  private record Given(String text, String source, String quoted) {}

  private final Map<ConfigKey<?>, List<Given>> given = new LinkedHashMap<>();
  private final List<String> mistakes = new ArrayList<>();

  // ---------------------------------------------------------------- the sources

  /** Adds what whoever packaged the hub chose, such as the directory that {@code ./run} uses. */
  ConfigSources packaged(@Nullable String data) {
    if (data == null || data.isBlank()) return this;
    String quoted = "-Drunnel.data=" + data;
    given.put(ConfigKey.DATA, List.of(new Given(data, "runnel.data", quoted)));
    return this;
  }

  /**
   * Adds the keys of a file in the format of {@link java.util.Properties}. What may be repeated is
   * numbered ({@code retain.1 = ..., retain.2 = ...}) or stands in one line, divided by semicolons.
   */
  ConfigSources file(Path file) {
    List<PropertiesFile.Entry> entries;
    try {
      entries = PropertiesFile.read(file);
    } catch (IOException e) {
      mistakes.add("config file " + file + ": " + reason(e));
      return this;
    } catch (ConfigException e) {
      mistakes.add(e.getMessage());
      return this;
    }
    var lines = new HashMap<String, Integer>();
    var found = new HashMap<ConfigKey<?>, SortedMap<Integer, List<Given>>>();
    for (PropertiesFile.Entry entry : entries) {
      String place = file.getFileName() + " line " + entry.line();
      Integer before = lines.put(entry.key(), entry.line());
      if (before != null) {
        mistakes.add(
            entry.key()
                + " is set twice in "
                + file.getFileName()
                + ": lines "
                + before
                + " and "
                + entry.line());
        continue;
      }
      addEntry(entry, place, found);
    }
    found.forEach(
        (key, numbered) ->
            given.put(key, numbered.values().stream().flatMap(List::stream).toList()));
    return this;
  }

  private void addEntry(
      PropertiesFile.Entry entry,
      String place,
      Map<ConfigKey<?>, SortedMap<Integer, List<Given>>> found) {
    String name = entry.key();
    int number = -1;
    Matcher matcher = NUMBERED.matcher(name);
    if (matcher.matches()) {
      ConfigKey<?> key = keyNamed(matcher.group(1));
      if (key != null && key.isRepeatable()) {
        name = key.name();
        number = Integer.parseInt(matcher.group(2));
      }
    }
    ConfigKey<?> key = keyNamed(name);
    if (key == null) {
      mistakes.add("unknown key '" + name + "' in " + place + Nearest.suggestion(name, names()));
      return;
    }
    List<String> texts = number < 0 ? key.type().split(entry.value()) : List.of(entry.value());
    var several = new ArrayList<Given>();
    for (String text : texts) {
      several.add(new Given(text, place, entry.key() + " = " + shown(key, text) + " in " + place));
    }
    found.computeIfAbsent(key, any -> new TreeMap<>()).put(number, several);
  }

  /**
   * Adds the variables that begin with {@code RUNNEL_}; an empty one counts as not set. What may be
   * repeated is divided by semicolons.
   */
  ConfigSources environment(Map<String, String> environment) {
    new TreeMap<>(environment).forEach(this::addVariable);
    return this;
  }

  private void addVariable(String name, String value) {
    if (!name.startsWith("RUNNEL_") || OTHER_VARIABLES.contains(name)) return;
    if (SERVICE_LINK.matcher(name).matches()) return;
    if (name.endsWith("PORT") && SERVICE_URL.matcher(value).matches()) return;
    for (ConfigKey<?> key : ConfigKey.all()) {
      if (!key.environmentName().equals(name)) continue;
      var several = new ArrayList<Given>();
      for (String text : key.type().split(value)) {
        several.add(new Given(text, name, name + "=" + shown(key, text)));
      }
      if (!value.isBlank()) given.put(key, several);
      return;
    }
    var names = new ArrayList<>(OTHER_VARIABLES);
    for (ConfigKey<?> key : ConfigKey.all()) names.add(key.environmentName());
    mistakes.add("unknown environment variable '" + name + "'" + Nearest.suggestion(name, names));
  }

  /** Adds the values of a flag, one for each time that it was given. */
  ConfigSources flag(ConfigKey<?> key, List<String> texts) {
    String flag = "--" + key.name();
    given.put(
        key,
        texts.stream().map(text -> new Given(text, flag, flag + " " + shown(key, text))).toList());
    return this;
  }

  // ---------------------------------------------------------------- what comes of it

  /**
   * The configuration that the sources make together.
   *
   * @throws ConfigException with a line for each mistake in any of them
   */
  LoadedConfig load() throws ConfigException {
    HubConfig config = HubConfig.DEFAULT;
    var sources = new HashMap<ConfigKey<?>, String>();
    for (Map.Entry<ConfigKey<?>, List<Given>> entry : given.entrySet()) {
      if (entry.getValue().isEmpty()) continue;
      config = parsed(config, entry.getKey(), entry.getValue());
      sources.put(entry.getKey(), entry.getValue().get(0).source());
    }
    config = withTokensOfFile(config);
    if (!mistakes.isEmpty()) throw new ConfigException(mistakes);
    return new LoadedConfig(config, sources);
  }

  private <T> HubConfig parsed(HubConfig config, ConfigKey<T> key, List<Given> texts) {
    var values = new ArrayList<T>();
    for (Given text : texts) {
      try {
        values.add(key.type().parse(text.text()));
      } catch (IllegalArgumentException e) {
        mistakes.add(text.quoted() + ": " + e.getMessage());
      }
    }
    return values.isEmpty() ? config : config.with(key, joined(values));
  }

  @SuppressWarnings("unchecked") // a T that is repeated is a list, and lists join to a list
  private static <T> T joined(List<T> values) {
    if (!(values.get(0) instanceof List<?>)) return values.get(0);
    return (T) values.stream().flatMap(value -> ((List<?>) value).stream()).toList();
  }

  private HubConfig withTokensOfFile(HubConfig config) {
    Path file = config.get(ConfigKey.PUBLISH_TOKEN_FILE);
    if (file.toString().isEmpty()) return config;
    var tokens = new ArrayList<>(config.publishTokens());
    try {
      List<String> lines = Files.readAllLines(file, UTF_8);
      for (int i = 0; i < lines.size(); i++) {
        String line = lines.get(i).replaceFirst("#.*", "").strip();
        if (!line.isEmpty()) addToken(line, file + " line " + (i + 1), tokens);
      }
      if (tokens.isEmpty()) mistakes.add("publish-token-file = " + file + ": no token in it");
    } catch (IOException e) {
      mistakes.add("publish-token-file = " + file + ": " + reason(e));
    }
    return config.with(ConfigKey.PUBLISH_TOKEN, tokens);
  }

  private void addToken(String text, String place, List<String> tokens) {
    try {
      tokens.addAll(ConfigKey.PUBLISH_TOKEN.type().parse(text));
    } catch (IllegalArgumentException e) {
      mistakes.add("publish token in " + place + ": " + e.getMessage());
    }
  }

  private static @Nullable ConfigKey<?> keyNamed(String name) {
    for (ConfigKey<?> key : ConfigKey.all()) {
      if (key.name().equals(name)) return key;
    }
    return null;
  }

  private static List<String> names() {
    return ConfigKey.all().stream().<String>map(ConfigKey::name).toList();
  }

  private static String shown(ConfigKey<?> key, String text) {
    return key.isSecret() ? "***" : text;
  }

  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) return "no such file";
    String message = e.getMessage();
    return e.getClass().getSimpleName() + (message == null ? "" : " " + message);
  }
}
