package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A file that holds the id of the last event that was printed, to go on behind it another day.
 *
 * <p>Written beside itself and moved into place, so that whoever reads it, at whatever moment,
 * finds a whole id: the old one or the new one. A process that is killed between printing and
 * writing prints that event again.
 */
final class ResumeFile {
  private static final long LONGEST = 4096;

  private final Path file;
  private final Path beside;
  private String written = "";

  ResumeFile(Path file) {
    this.file = file.toAbsolutePath();
    this.beside = this.file.resolveSibling("." + this.file.getFileName() + ".tmp");
  }

  /**
   * The id in the file; empty if there is no file yet. Then writes it, so that a file that cannot
   * be written is noticed before an event is printed.
   */
  String begin() throws IOException {
    String id = "";
    try {
      if (Files.size(file) > LONGEST) throw new IOException("it is no resume file: too long");
      id = Files.readString(file, UTF_8).strip();
    } catch (NoSuchFileException first) {
      // It is made below.
    } catch (IOException e) {
      throw new IOException("cannot read resume file " + file + ": " + why(e), e);
    }
    write(id);
    return id;
  }

  /** Keeps the id, if it is another than before. */
  void keep(String id) throws IOException {
    if (!id.equals(written)) write(id);
  }

  private void write(String id) throws IOException {
    try {
      Files.writeString(beside, id + "\n", UTF_8);
      Files.move(beside, file, ATOMIC_MOVE, REPLACE_EXISTING);
      written = id;
    } catch (IOException e) {
      throw new IOException("cannot write resume file " + file + ": " + why(e), e);
    }
  }

  private static String why(IOException e) {
    if (e instanceof AccessDeniedException) return "permission denied";
    if (e instanceof NoSuchFileException) return "no such directory";
    String message = String.valueOf(e.getMessage());
    return message.substring(message.lastIndexOf(": ") + 1).strip();
  }
}
