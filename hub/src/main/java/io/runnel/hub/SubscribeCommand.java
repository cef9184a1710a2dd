package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.engine.TopicPattern;
import io.runnel.eventstream.Event;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code runnel subscribe}: prints events as they come, and comes back when the connection breaks.
 */
@Command(
    name = "subscribe",
    description = "Prints the events of topics as they come, across interruptions.",
    mixinStandardHelpOptions = true,
    versionProvider = Runnel.Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  runnel subscribe orders",
      "  runnel subscribe orders 'user/*' --since oldest",
      "  runnel subscribe 'orders/**' --json | jq .data",
      "  runnel subscribe movement/box --count 1 --since latest",
      "",
      "Events go to standard output, what else there is to say to standard error."
    })
final class SubscribeCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      arity = "1..*",
      paramLabel = "TOPIC|URL",
      description = "Topics and patterns of the server, or one whole address.")
  private List<String> targets = List.of();

  @Option(
      names = "--since",
      paramLabel = "POSITION",
      defaultValue = "now",
      description = "Where to begin: now, latest (the newest kept), oldest, or behind an id.")
  private String since = "now";

  @Option(names = "--count", paramLabel = "N", description = "End after so many events.")
  private long count = Long.MAX_VALUE;

  @Option(names = "--json", description = "Print a line of JSON for each event.")
  private boolean json;

  @Option(
      names = "--server",
      paramLabel = "URL",
      description = "The hub. Default: RUNNEL_SERVER, or http://localhost:8080.")
  private @Nullable String server;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description = "A token, if the hub asks for one; better in RUNNEL_TOKEN.")
  private @Nullable String token;

  private long printed;

  SubscribeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws ConfigException, IOException, InterruptedException {
    if (count < 1) throw new ConfigException("--count " + count + ": must be at least 1");
    String token = this.token != null ? this.token : console.variable("RUNNEL_TOKEN");
    var stream = new FollowedStream(address(), token, cursor(), this::print, console::complain);
    stream.follow();
    return Runnel.DONE;
  }

  /** Whether to begin behind an id, and not at a place with a name. */
  private String cursor() {
    return List.of("now", "latest", "oldest").contains(since) ? "" : since;
  }

  private URI address() throws ConfigException {
    String address;
    if (HubAddress.isAddress(targets.get(0))) {
      if (targets.size() > 1) throw new ConfigException("one address, or topics");
      address = targets.get(0);
    } else {
      address = HubAddress.server(server, console) + "/events";
      try {
        for (String topic : targets) {
          address = HubAddress.with(address, "topic", new TopicPattern(topic).text());
        }
      } catch (IllegalArgumentException e) {
        throw new ConfigException(String.valueOf(e.getMessage()));
      }
    }
    boolean isNamed = cursor().isEmpty() && !since.equals("now");
    return HubAddress.uri(isNamed ? HubAddress.with(address, "from", since) : address);
  }

  /** Answers whether to go on. */
  private boolean print(Event event) {
    if (event.type().equals("runnel.gap")) {
      Map<String, String> gap = HubCalls.stringMembers(event.data().getBytes(UTF_8));
      String reason = Printable.line(gap.getOrDefault("reason", "no reason given"));
      console.complain("events may be missing here: " + reason);
    }
    // What the hub says about the stream itself is no event of anybody's.
    if (event.type().startsWith("runnel.")) return true;
    console.out().println(json ? jsonOf(event) : textOf(event));
    // Nobody reads any more: 'runnel subscribe orders | head -1'.
    if (console.out().checkError()) return false;
    return ++printed < count;
  }

  private static String jsonOf(Event event) {
    return "{\"id\":"
        + Problem.quoted(String.valueOf(event.id()))
        + ",\"type\":"
        + Problem.quoted(event.type())
        + ",\"data\":"
        + Problem.quoted(event.data())
        + "}";
  }

  private static String textOf(Event event) {
    String type = event.type().equals(Event.MESSAGE) ? "" : Printable.line(event.type()) + ": ";
    String id = Printable.line(String.valueOf(event.id()));
    return "[" + id + "] " + type + Printable.lines(event.data(), "    ");
  }
}
