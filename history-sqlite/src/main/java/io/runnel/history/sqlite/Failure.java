package io.runnel.history.sqlite;

import io.runnel.engine.HistoryFailedException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Why nothing is kept any more, if it is so: said once, and never taken back. Any thread. */
final class Failure {
  private static final Logger LOG = System.getLogger(SqliteHistory.class.getName());

  private final Path directory;
  private volatile @Nullable String message;
  private volatile boolean damage;

  Failure(Path directory) {
    this.directory = directory;
  }

  /** The reason as a sentence; null while all is well. */
  @Nullable String message() {
    return message;
  }

  /** What to refuse publications with, once there is a message. */
  HistoryFailedException exception() {
    return new HistoryFailedException(of(String.valueOf(message)));
  }

  /** Whether the database is damaged, so that the next start must not trust it. */
  boolean isDamage() {
    return damage;
  }

  void because(String what, Throwable cause) {
    synchronized (this) {
      if (message != null) return;
      message = what + ": events are not kept any more until the hub is started anew";
    }
    LOG.log(Level.ERROR, of(String.valueOf(message)), cause);
  }

  /** Says whose it is. */
  String of(String what) {
    return directory + ": " + what;
  }

  void becauseOf(DamageException cause) {
    damage = true;
    because("the database is damaged (" + cause.getMessage() + ")", cause);
  }

  void becauseOf(SQLException cause) {
    if (Database.isDamage(cause)) {
      damage = true;
      because("the database is damaged (" + cause.getMessage() + ")", cause);
    } else {
      because("the disk failed (" + cause.getMessage() + ")", cause);
    }
  }

  void becauseOf(IOException cause) {
    because("the disk failed (" + cause.getMessage() + ")", cause);
  }

  void warn(String what) {
    LOG.log(Level.WARNING, of(what));
  }
}
