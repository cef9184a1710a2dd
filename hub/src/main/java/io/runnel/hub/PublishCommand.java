package io.runnel.hub;

import io.runnel.client.RunnelPublisher;
import io.runnel.eventstream.Event;
import io.runnel.hub.HubAddress.OfTopic;
import io.runnel.hub.InputEvents.Addressed;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code runnel publish}: publishes one event or many, and prints the hub's receipts. */
@Command(
    name = "publish",
    description =
        "Publishes events and prints the hub's receipts: their ids and how they are kept.",
    mixinStandardHelpOptions = true,
    versionProvider = Commands.Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  runnel publish orders 'hello'",
      "  runnel publish --event created orders/17 '{\"item\": \"lamp\"}'",
      "  runnel publish --id 320,200 movement/box '320,200'",
      "  date | runnel publish clock",
      "  tail -f app.log | runnel publish --lines logs/app",
      "  runnel publish --json-lines orders < orders.jsonl",
      "  runnel publish https://hub.example/events/orders - < order.json",
      "",
      "An attempt without an answer is repeated, under the same key, so that the event is"
          + " published",
      "once. Exit codes: 0 acknowledged; 1 it failed; 2 not said right; 3 not allowed (401, 403);",
      "4 no answer: it is not known whether the event was stored."
    })
final class PublishCommand implements Callable<Integer> {
  private static final Duration LONGEST_ATTEMPT = Duration.ofSeconds(10);
  private static final int MOST_IN_FLIGHT = 1000;

  private final Console console;

  @Mixin private HubOptions hub = new HubOptions();

  @Parameters(
      index = "0",
      paramLabel = "TOPIC|URL",
      description = "A topic of the server, or a whole address.")
  private String target = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "DATA",
      description =
          "The data; - or nothing reads it from standard input, less the last line's end.")
  private @Nullable String data;

  @Option(names = "--event", paramLabel = "TYPE", description = "The event type.")
  private @Nullable String event;

  @Option(names = "--id", paramLabel = "ID", description = "An id of your own.")
  private @Nullable String id;

  @Option(
      names = "--lines",
      description = "Each line of standard input is an event; they are published in their order.")
  private boolean lines;

  @Option(
      names = "--json-lines",
      description =
          "The same, and each line a JSON object: \"data\" (any value), and if you like \"type\","
              + " \"id\", \"topic\".")
  private boolean jsonLines;

  @Option(
      names = "--in-flight",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "How many requests may be on their way at once, up to 1000; each has up to 1000 lines."
              + " With more than 1 their order is not kept. Default: 1.")
  private int inFlight = 1;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "30s",
      description = "How long an event is tried. Default: 30s.")
  private String timeout = "30s";

  // Written by the thread of the command, read by the one of a signal.
  private volatile @Nullable Publishing publishing;
  private volatile boolean isOver;

  PublishCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws ConfigException, IOException, InterruptedException {
    checkOptions();
    OfTopic address = HubAddress.ofTopic(target, hub, console);
    // On a terminal a bar stands for the receipts of many events.
    boolean printsReceipts = !isMany() || !console.outputIsTerminal();
    var publishing = new Publishing(console, address.hub(), inFlight, printsReceipts);
    this.publishing = publishing;
    var input = new InputEvents(console.in(), address.topic(), event);
    try (RunnelPublisher publisher = publisher(address, publishing)) {
      console.onStop(this::interrupted);
      int exitCode =
          isMany()
              ? publishLines(publisher, publishing, input)
              : publishOne(publisher, publishing, input, address.topic());
      isOver = true;
      return exitCode;
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()));
    }
  }

  private boolean isMany() {
    return lines || jsonLines;
  }

  private void checkOptions() throws ConfigException {
    if (lines && jsonLines) throw new ConfigException("--lines or --json-lines, not both");
    if (isMany() && id != null) throw new ConfigException("--id names one event, not each line");
    if (isMany() && data != null && !data.equals("-")) {
      throw new ConfigException("DATA or lines of standard input, not both");
    }
    if (inFlight < 1 || inFlight > MOST_IN_FLIGHT) {
      throw new ConfigException(
          "--in-flight " + inFlight + ": must be from 1 to " + MOST_IN_FLIGHT);
    }
    if (!isMany() && data == null && console.inputIsTyped()) {
      throw new ConfigException("no data: say it behind the topic, or - to type it");
    }
  }

  private RunnelPublisher publisher(OfTopic address, Publishing publishing) throws ConfigException {
    Duration giveUp = HubCalls.duration("--timeout", timeout, Duration.ofMillis(1));
    Duration attempt = giveUp.compareTo(LONGEST_ATTEMPT) < 0 ? giveUp : LONGEST_ATTEMPT;
    RunnelPublisher.Builder builder =
        RunnelPublisher.to(address.hub())
            .maxInFlight(inFlight)
            .attemptTimeout(attempt)
            .giveUpAfter(giveUp)
            .closeTimeout(Duration.ZERO)
            .retry(publishing::delay);
    hub.setHeaders(console, builder::header);
    return builder.build();
  }

  private int publishOne(
      RunnelPublisher publisher, Publishing publishing, InputEvents input, String topic)
      throws IOException, InterruptedException {
    String text = data != null && !data.equals("-") ? data : input.whole();
    var one = new Event(event == null ? Event.MESSAGE : event, text, id);
    publishing.add(publisher, new Addressed(topic, one, 0));
    int exitCode = publishing.settle(publisher);
    publishing.complain();
    return exitCode;
  }

  private int publishLines(RunnelPublisher publisher, Publishing publishing, InputEvents input)
      throws InterruptedException {
    var progress =
        console.errorsAreTerminal() ? new Progress(console.err(), console.inputLength()) : null;
    String mistake = null;
    try {
      boolean goesOn = true;
      while (goesOn) {
        // What is there does not wait for what is yet to be written.
        if (!input.hasLine() && !publishing.flush(publisher)) break;
        Addressed next = jsonLines ? input.nextJson() : input.nextLine();
        if (next == null) break;
        goesOn = publishing.add(publisher, next);
        if (progress != null) progress.show(publishing.acknowledged(), input.bytesRead());
      }
    } catch (IOException e) {
      mistake = e.getMessage();
    } catch (IllegalArgumentException e) {
      mistake = "line " + input.line() + ": " + e.getMessage();
    }
    int exitCode = publishing.settle(publisher);
    if (progress != null) progress.clear();
    publishing.complain();
    if (mistake != null) {
      console.complain(mistake);
      exitCode = Runnel.MISUSED;
    }
    long published = publishing.acknowledged();
    if (progress != null) console.err().println(progress.summary(published));
    else if (exitCode != Runnel.DONE) console.complain(published + " published before that");
    return exitCode;
  }

  /** Ctrl-C: a request may be anywhere. */
  private void interrupted() {
    Publishing running = publishing;
    if (!isOver && running != null) console.complain("interrupted" + standing(running));
    Runtime.getRuntime().halt(Runnel.INTERRUPTED);
  }

  private String standing(Publishing running) {
    if (!isMany()) return " before the answer: " + Publishing.NOT_KNOWN;
    String published = ": " + running.acknowledged() + " published";
    return running.unanswered() == 0
        ? published
        : published + "; of the next " + Publishing.NOT_KNOWN;
  }
}
