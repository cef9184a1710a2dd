package io.runnel.crash;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What the proofs say: to the output, and to the file that {@code ./prove} shows. */
public final class Reports {
  private static final Path FILE = Path.of("target", "proofs.txt");

  private Reports() {}

  /** Says a line, or several. */
  public static void say(String format, Object... values) {
    String text = String.format(format, values).stripTrailing() + System.lineSeparator();
    System.out.print(text);
    try {
      Files.createDirectories(FILE.getParent());
      Files.writeString(FILE, text, UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
