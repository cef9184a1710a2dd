package io.runnel.hub;

import io.runnel.client.EventSource;
import io.runnel.engine.TopicPattern;
import io.runnel.eventstream.ParserLimits;
import io.runnel.eventstream.ParserLimits.TooLong;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code runnel subscribe}: prints events as they come, and comes back when the connection breaks.
 */
@Command(
    name = "subscribe",
    description = "Prints the events of topics as they come, across interruptions.",
    mixinStandardHelpOptions = true,
    versionProvider = Commands.Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  runnel subscribe orders",
      "  runnel subscribe orders 'user/*' --since oldest",
      "  runnel subscribe 'orders/**' --json | jq .data",
      "  runnel subscribe movement/box --count 1 --since latest",
      "  runnel subscribe orders --resume orders.id >> orders.log",
      "",
      "Events go to standard output, what else there is to say to standard error.",
      "Exit codes: 0 the stream ended, or --count is reached; 1 it failed; 2 not said right;",
      "3 not allowed (401, 403)."
    })
final class SubscribeCommand implements Callable<Integer> {
  /** Longer data is printed while it comes, and never held as a whole. */
  private static final ParserLimits LIMITS = new ParserLimits(1 << 20, 1 << 20, TooLong.STREAM);

  private static final List<String> COLOUR_CHOICES = List.of("auto", "always", "never");

  private final Console console;

  @Mixin private HubOptions hub = new HubOptions();

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

  @Option(
      names = "--resume",
      paramLabel = "FILE",
      description = "Begin behind the id in this file, if it has one, and keep it up to date.")
  private @Nullable Path resume;

  @Option(names = "--count", paramLabel = "N", description = "End after so many events.")
  private long count = Long.MAX_VALUE;

  @Option(
      names = "--event",
      paramLabel = "TYPE",
      description = "Print events of this type only; can be given several times.")
  private List<String> types = List.of();

  @Option(names = "--json", description = "Print a line of JSON for each event.")
  private boolean json;

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      defaultValue = "auto",
      description = "auto (on a terminal, unless NO_COLOR is set), always or never. Default: auto.")
  private String colour = "auto";

  @Option(
      names = "--silence",
      paramLabel = "DURATION",
      description =
          "How long no byte may come until the connection counts as dead; 0 for ever. Default:"
              + " three heartbeats, 45s.")
  private @Nullable String silence;

  SubscribeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws ConfigException, IOException, InterruptedException {
    if (count < 1) throw new ConfigException("--count " + count + ": must be at least 1");
    if (!COLOUR_CHOICES.contains(colour)) {
      throw new ConfigException("--color " + colour + ": must be auto, always or never");
    }
    URI address = address(since);
    ResumeFile file = resume == null ? null : new ResumeFile(resume);
    String kept = file == null ? "" : file.begin();
    // Where the last run ended counts before where the first one began.
    EventSource.Builder source =
        kept.isEmpty() ? source(address, cursor()) : source(address("now"), kept);
    var following = new Following(console, printer(), types, count, file, address);
    EventSource running = source.reconnect(following).start(following);
    try {
      return following.untilOver();
    } finally {
      running.close();
    }
  }

  private EventSource.Builder source(URI address, String cursor) throws ConfigException {
    EventSource.Builder source = EventSource.to(address).limits(LIMITS);
    hub.setHeaders(console, source::header);
    if (silence != null) source.idleTimeout(HubCalls.duration("--silence", silence, Duration.ZERO));
    try {
      return source.lastEventId(cursor);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()));
    }
  }

  /** Whether to begin behind an id, and not at a place with a name. */
  private String cursor() {
    return List.of("now", "latest", "oldest").contains(since) ? "" : since;
  }

  private URI address(String from) throws ConfigException {
    String address;
    if (HubAddress.isAddress(targets.get(0))) {
      if (targets.size() > 1) throw new ConfigException("one address, or topics");
      address = targets.get(0);
    } else {
      address = hub.server(console) + "/events";
      try {
        for (String topic : targets) {
          address = HubAddress.with(address, "topic", new TopicPattern(topic).text());
        }
      } catch (IllegalArgumentException e) {
        throw new ConfigException(String.valueOf(e.getMessage()));
      }
    }
    boolean isNamed = from.equals("latest") || from.equals("oldest");
    return HubAddress.uri(isNamed ? HubAddress.with(address, "from", from) : address);
  }

  private EventPrinter printer() {
    if (json) return EventPrinter.json(console.out());
    boolean isColoured = colour.equals("always") || (colour.equals("auto") && console.mayColour());
    return EventPrinter.text(console.out(), isColoured);
  }
}
