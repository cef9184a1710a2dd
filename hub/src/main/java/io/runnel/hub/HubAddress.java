package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.engine.Topic;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import org.jspecify.annotations.Nullable;

/** Where a command finds a hub: the names of topics become addresses here. */
final class HubAddress {
  static final String DEFAULT = "http://localhost:8080";
  private static final String EVENTS = "/events/";

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

  /** A hub and one of its topics. */
  record OfTopic(URI hub, String topic) {}

  /**
   * Where to publish: a topic of the server, or a whole address such as {@code
   * https://hub.example/events/orders}.
   */
  static OfTopic ofTopic(String target, HubOptions options, Console console)
      throws ConfigException {
    try {
      if (!isAddress(target)) {
        URI hub = uri(options.server(console));
        return new OfTopic(hub, new Topic(target).name());
      }
      URI address = uri(target);
      String path = address.getRawPath();
      int at = path.indexOf(EVENTS);
      if (at < 0 || address.getRawQuery() != null) {
        throw new ConfigException(
            "'" + target + "' is no address of a topic, such as " + DEFAULT + EVENTS + "orders");
      }
      String topic =
          URLDecoder.decode(path.substring(at + EVENTS.length()).replace("+", "%2B"), UTF_8);
      return new OfTopic(address.resolve(path.substring(0, at + 1)), new Topic(topic).name());
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()));
    }
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
