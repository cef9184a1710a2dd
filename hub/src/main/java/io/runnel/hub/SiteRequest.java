package io.runnel.hub;

import org.jspecify.annotations.Nullable;

/** A request to a {@link Site}. For one thread at a time. */
public interface SiteRequest {
  /** The method, in capitals. */
  String method();

  /** The path below the site's, decoded; begins with {@code /}. */
  String path();

  /** The first header of the name, or null. */
  @Nullable String header(String name);

  /** The first parameter of the query with the name, decoded, or null. */
  @Nullable String query(String name);

  /** The first field of an URL-encoded form in the body with the name, decoded, or null. */
  @Nullable String form(String name);

  /** The body; empty if there is none. */
  byte[] body();

  /** The cursor of a client that resumes, from the header or else the query; null if none. */
  @Nullable String lastEventId();
}
