package io.runnel.hub;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command that calls a hub: where it is, and what each request says. */
final class HubOptions {
  @Option(
      names = "--server",
      paramLabel = "URL",
      description = "The hub. Default: RUNNEL_SERVER, or http://localhost:8080.")
  private @Nullable String server;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description = "A token, if the hub asks for one; better in RUNNEL_TOKEN, which nobody sees.")
  private @Nullable String token;

  @Option(
      names = {"-H", "--header"},
      paramLabel = "'NAME: VALUE'",
      description = "A header of each request; can be given several times.")
  private List<String> headers = List.of();

  /** The address of the hub, without a slash at its end. */
  String server(Console console) {
    return HubAddress.server(server, console);
  }

  /** Sets the headers, the token among them. */
  void setHeaders(Console console, BiConsumer<String, String> setter) throws ConfigException {
    String bearer = token != null ? token : console.variable("RUNNEL_TOKEN");
    if (bearer != null) {
      try {
        setter.accept("Authorization", "Bearer " + bearer);
      } catch (IllegalArgumentException e) {
        throw new ConfigException("the token has characters that no token has");
      }
    }
    for (Map.Entry<String, String> header : headers().entrySet()) {
      try {
        setter.accept(header.getKey(), header.getValue());
      } catch (IllegalArgumentException e) {
        throw new ConfigException("header " + header.getKey() + ": " + e.getMessage());
      }
    }
  }

  private Map<String, String> headers() throws ConfigException {
    var byName = new LinkedHashMap<String, String>();
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon < 1) {
        throw new ConfigException("header '" + header + "': must be 'Name: value'");
      }
      byName.put(header.substring(0, colon).strip(), header.substring(colon + 1).strip());
    }
    return byName;
  }
}
