package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * The entries of a file in the format of {@link Properties}, in UTF-8, each with its line, which
 * {@code Properties} does not tell.
 */
final class PropertiesFile {
  /** An entry and the line on which it begins. */
  record Entry(String key, String value, int line) {}

  private PropertiesFile() {}

  /**
   * Reads a file.
   *
   * @throws IOException if it cannot be read
   * @throws ConfigException if a line is malformed
   */
  static List<Entry> read(Path file) throws IOException, ConfigException {
    var entries = new ArrayList<Entry>();
    List<String> lines = Files.readAllLines(file, UTF_8);
    for (int i = 0; i < lines.size(); i++) {
      int first = i;
      if (isBlankOrComment(lines.get(i))) continue;
      var entry = new StringBuilder(lines.get(i));
      while (isContinued(lines.get(i)) && i + 1 < lines.size()) {
        entry.append('\n').append(lines.get(++i));
      }
      entries.add(parse(entry.toString(), file, first + 1));
    }
    return entries;
  }

  /** One entry is given to {@code Properties} at a time, so that its rules of escaping hold. */
  private static Entry parse(String text, Path file, int line) throws ConfigException {
    var properties = new Properties();
    try {
      properties.load(new StringReader(text));
    } catch (IllegalArgumentException | IOException e) {
      throw new ConfigException(file + " line " + line + ": malformed \\u escape");
    }
    String key = properties.stringPropertyNames().iterator().next();
    return new Entry(key, properties.getProperty(key), line);
  }

  private static boolean isBlankOrComment(String line) {
    String text = line.strip();
    return text.isEmpty() || text.startsWith("#") || text.startsWith("!");
  }

  /** Whether it ends with an odd number of backslashes. */
  private static boolean isContinued(String line) {
    int end = line.length();
    int start = end;
    while (start > 0 && line.charAt(start - 1) == '\\') start--;
    return (end - start) % 2 == 1;
  }
}
