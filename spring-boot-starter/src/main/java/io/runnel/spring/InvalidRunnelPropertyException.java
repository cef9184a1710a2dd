package io.runnel.spring;

/** A property {@code runnel.*} breaks its rule; the message is one line that says which and how. */
public final class InvalidRunnelPropertyException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  InvalidRunnelPropertyException(String name, Object value, String rule) {
    super("runnel." + name + "=" + value + " is out of its range: " + rule);
  }

  InvalidRunnelPropertyException(String message, Throwable cause) {
    super(message, cause);
  }
}
