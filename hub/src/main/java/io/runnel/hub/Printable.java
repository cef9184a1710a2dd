package io.runnel.hub;

/** Text of strangers on a person's terminal, which obeys control characters: these are replaced. */
final class Printable {
  private Printable() {}

  /** The text on one line. */
  static String line(String text) {
    return text.replaceAll("[\\p{Cntrl}\\p{Cf}]", "\uFFFD");
  }

  /** The text, its further lines indented. */
  static String lines(String text, String indent) {
    var lines = new StringBuilder();
    for (String line : text.split("\n", -1)) {
      if (lines.length() > 0) lines.append('\n').append(indent);
      lines.append(line.replaceAll("[\\p{Cntrl}\\p{Cf}&&[^\t]]", "\uFFFD"));
    }
    return lines.toString();
  }
}
