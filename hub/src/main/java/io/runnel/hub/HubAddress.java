package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.engine.TopicPattern;
import java.net.URI;
import java.net.URLEncoder;
import org.jspecify.annotations.Nullable;

/** Where a command finds a hub: the names of topics become addresses here. */
final class HubAddress {
  static final String DEFAULT = "http://localhost:8080";

  private HubAddress() {}

  /** Whether it is an address itself, and not the name of a topic. */
  static boolean isAddress(String target) {
    return target.startsWith("http://") || target.startsWith("https://");
  }

  /** The hub that was named: by flag, else by variable, else the default. */
  static String server(@Nullable String flag, Console console) {
    String variable = console.variable("RUNNEL_SERVER");
    String server = flag != null ? flag : variable != null ? variable : DEFAULT;
    return server.endsWith("/") ? server.substring(0, server.length() - 1) : server;
  }

  /** A path segment for each segment of the topic. */
  static String path(TopicPattern topic) {
    var path = new StringBuilder("/events");
    for (String segment : topic.text().split("/", -1)) path.append('/').append(encode(segment));
    return path.toString();
  }

  /** The address with one more parameter. */
  static String with(String address, String name, String value) {
    return address + (address.indexOf('?') < 0 ? '?' : '&') + name + '=' + encode(value);
  }

  /**
   * Reads an address.
   *
   * @throws ConfigException if it is none
   */
  static URI uri(String address) throws ConfigException {
    try {
      URI uri = URI.create(address);
      if (isAddress(address) && uri.getHost() != null) return uri;
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw new ConfigException("'" + address + "' is no address such as " + DEFAULT);
  }

  static String encode(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20").replace("%2A", "*");
  }
}
