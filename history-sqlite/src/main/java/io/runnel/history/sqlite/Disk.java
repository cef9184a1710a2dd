package io.runnel.history.sqlite;

import java.io.IOException;
import java.sql.Connection;

/** What stands between a history and its disk: nothing, but in tests of failures. */
interface Disk {
  Disk REAL = new Disk() {};

  /** The connection that writes. */
  default Connection writer(Connection real) {
    return real;
  }

  /** Called before each sync of the log. */
  default void beforeSync() throws IOException {}
}
