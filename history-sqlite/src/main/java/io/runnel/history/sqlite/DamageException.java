package io.runnel.history.sqlite;

import java.io.IOException;

/** What the database says does not agree with itself. */
final class DamageException extends IOException {
  private static final long serialVersionUID = 1;

  DamageException(String what) {
    super(what);
  }
}
