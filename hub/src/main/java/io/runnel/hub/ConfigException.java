package io.runnel.hub;

import java.util.List;

/** The configuration breaks a rule: one line for each mistake, for the person who made it. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  /** One mistake. */
  public ConfigException(String mistake) {
    super(mistake);
  }

  /** All mistakes that were found. */
  ConfigException(List<String> mistakes) {
    super(String.join("\n", mistakes));
  }
}
