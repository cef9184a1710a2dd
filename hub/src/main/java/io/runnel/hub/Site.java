package io.runnel.hub;

/**
 * A small web application that the hub serves beside its events; found by {@link
 * java.util.ServiceLoader} when the hub starts.
 */
public interface Site {
  /** Where it lives, such as {@code /examples/orders}: requests there and below come to it. */
  String path();

  /** Called once, before the first request. */
  void start(SiteContext context);

  /**
   * Answers a request, now or later. Called on an event loop, so it must not block; what it throws
   * is answered with 500 (an {@link IllegalArgumentException} with 400 and its message).
   */
  void handle(SiteRequest request, SiteResponse response);

  /** Called once, when the hub stops. */
  default void close() {}
}
