package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** What the commands that call a hub have in common: how they ask, and how they say what failed. */
final class HubCalls {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  private HubCalls() {}

  static HttpClient client() {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(CONNECT_TIMEOUT)
        .build();
  }

  static Duration duration(String flag, String text) throws ConfigException {
    try {
      return ValueType.duration(Duration.ofMillis(1), Duration.ofDays(1)).parse(text);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(flag + " " + text + ": " + e.getMessage());
    }
  }

  static void authorize(HttpRequest.Builder request, String token) throws ConfigException {
    try {
      request.header("Authorization", "Bearer " + token);
    } catch (IllegalArgumentException e) {
      throw new ConfigException("the token has characters that no token has");
    }
  }

  /**
   * A failure in words.
   *
   * @param afterwards what follows from it if the request may have arrived
   */
  static IOException explained(IOException e, URI address, String afterwards) {
    String origin = address.getScheme() + "://" + address.getAuthority();
    if (e instanceof HttpConnectTimeoutException) {
      return new IOException(origin + " does not answer: no connection within 10 s", e);
    }
    if (e instanceof ConnectException) {
      boolean unknown =
          e.getCause() instanceof ConnectException c
              ? c.getCause() instanceof UnresolvedAddressException
              : e.getCause() instanceof UnresolvedAddressException;
      String why = unknown ? "no such host" : "connection refused; is a hub running there?";
      return new IOException("cannot reach " + origin + ": " + why, e);
    }
    String what = e instanceof HttpTimeoutException ? "no answer in time" : "the connection broke";
    return new IOException(what + " at " + origin + ": " + afterwards, e);
  }

  /** What an answer that is no success says: the detail of its problem (RFC 9457), else little. */
  static String problem(int status, byte[] body) {
    Map<String, String> members = stringMembers(body);
    String said = members.getOrDefault("detail", members.getOrDefault("title", ""));
    return (said.isEmpty() ? "the server refused" : Printable.line(said))
        + " (HTTP "
        + status
        + ")";
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
