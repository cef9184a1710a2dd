package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.client.ConnectionFailedException;
import io.runnel.client.ConnectionFailedException.Reason;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What the commands that call a hub have in common: how they read, and how they say what failed.
 */
final class HubCalls {
  private HubCalls() {}

  static Duration duration(String flag, String text, Duration least) throws ConfigException {
    try {
      return ValueType.duration(least, Duration.ofDays(1)).parse(text);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(flag + " " + text + ": " + e.getMessage());
    }
  }

  /** Whether nobody answered at all, so that nothing can have arrived. */
  static boolean isNobodyThere(@Nullable Throwable failure) {
    Throwable cause = beneath(failure);
    return cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException;
  }

  /** A failure to call this address, in words for the person who did. */
  static String explained(@Nullable Throwable failure, URI address) {
    String origin = address.getScheme() + "://" + address.getAuthority();
    Throwable cause = beneath(failure);
    if (cause instanceof HttpConnectTimeoutException) {
      return origin + " does not answer: no connection in time";
    }
    if (cause instanceof ConnectException) {
      boolean unknown = false;
      for (Throwable e = cause; e != null; e = e.getCause()) {
        unknown |= e instanceof UnresolvedAddressException;
      }
      String why = unknown ? "no such host" : "connection refused; is a hub running there?";
      return "cannot reach " + origin + ": " + why;
    }
    if (cause instanceof HttpTimeoutException) return "no answer in time at " + origin;
    boolean isLost =
        failure instanceof ConnectionFailedException lost && lost.reason() == Reason.NETWORK;
    if (isLost && cause != null) {
      return "the connection broke at " + origin;
    }
    String said = Printable.line(String.valueOf(failure == null ? null : failure.getMessage()));
    return said.contains("://") ? said : said + " (" + origin + ")";
  }

  /** The exit code for an answer with this status, or for none. */
  static int exitCode(int status) {
    return status == 401 || status == 403 ? Runnel.NOT_ALLOWED : Runnel.FAILED;
  }

  /** What the client wrapped. */
  private static @Nullable Throwable beneath(@Nullable Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof ConnectionFailedException) cause = cause.getCause();
    return cause;
  }

  /** The members of a JSON object that are strings; none if it is no such object. */
  static Map<String, String> stringMembers(byte[] json) {
    var members = new HashMap<String, String>();
    try (JsonParser parser =
        new JsonFactory().createParser(ObjectReadContext.empty(), new String(json, UTF_8))) {
      if (parser.nextToken() != JsonToken.START_OBJECT) return members;
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        if (parser.nextToken() == JsonToken.VALUE_STRING) members.put(name, parser.getString());
        else parser.skipChildren();
      }
    } catch (JacksonException e) {
      // Somebody else's answer: what was understood of it will do.
    }
    return members;
  }
}
