package io.runnel.history.sqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;

/** What stands between a history and its disk: nothing, but in tests of failures. */
interface Disk {
  Disk REAL = new Disk() {};

  /** The connection that writes. */
  default Connection writer(Connection real) {
    return real;
  }

  /** How much there is still room for, on the disk of a file. */
  default long room(Path file) throws IOException {
    return Files.getFileStore(file).getUsableSpace();
  }

  /** Called before each sync of the log. */
  default void beforeSync() throws IOException {}
}
