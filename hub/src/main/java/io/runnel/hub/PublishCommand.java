package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.engine.Topic;
import io.runnel.engine.TopicPattern;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code runnel publish}: publishes one event and prints its receipt. */
@Command(
    name = "publish",
    description = "Publishes an event and prints the hub's receipt, its id and how it is kept.",
    mixinStandardHelpOptions = true,
    versionProvider = Runnel.Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  runnel publish orders 'hello'",
      "  runnel publish --event created orders/17 '{\"item\": \"lamp\"}'",
      "  runnel publish --id 320,200 movement/box '320,200'",
      "  date | runnel publish clock",
      "  runnel publish https://hub.example/events/orders - < order.json",
      "",
      "Without an answer it is not known whether the event was stored; 'not stored' is never assumed."
    })
final class PublishCommand implements Callable<Integer> {
  private static final String NOT_KNOWN = "it is not known whether the event was stored";

  private final Console console;

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
      names = "--server",
      paramLabel = "URL",
      description = "The hub. Default: RUNNEL_SERVER, or http://localhost:8080.")
  private @Nullable String server;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description = "The publish token; better in RUNNEL_TOKEN, which nobody else can see.")
  private @Nullable String token;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "30s",
      description = "How long to wait for the answer. Default: 30s.")
  private String timeout = "30s";

  PublishCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws ConfigException, IOException, InterruptedException {
    HttpRequest request = request();
    var answered = new AtomicBoolean();
    console.onStop(() -> interrupted(answered));
    HttpResponse<byte[]> response;
    try {
      response = HubCalls.client().send(request, BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw HubCalls.explained(e, request.uri(), NOT_KNOWN);
    }
    answered.set(true);
    if (response.statusCode() / 100 == 2) {
      console.out().println(new String(response.body(), UTF_8).strip());
      console.out().flush();
      return Runnel.DONE;
    }
    console.complain(HubCalls.problem(response.statusCode(), response.body()));
    return Runnel.FAILED;
  }

  private HttpRequest request() throws ConfigException, IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address()).timeout(HubCalls.duration("--timeout", timeout));
    String token = this.token != null ? this.token : console.variable("RUNNEL_TOKEN");
    if (token != null) HubCalls.authorize(request, token);
    return request
        .header("Content-Type", "text/plain; charset=utf-8")
        .POST(BodyPublishers.ofByteArray(body()))
        .build();
  }

  private URI address() throws ConfigException {
    String address = target;
    if (!HubAddress.isAddress(target)) {
      try {
        TopicPattern topic = TopicPattern.of(new Topic(target));
        address = HubAddress.server(server, console) + HubAddress.path(topic);
      } catch (IllegalArgumentException e) {
        throw new ConfigException(String.valueOf(e.getMessage()));
      }
    }
    if (event != null) address = HubAddress.with(address, "event", event);
    if (id != null) address = HubAddress.with(address, "id", id);
    return HubAddress.uri(address);
  }

  private byte[] body() throws ConfigException, IOException {
    if (data != null && !data.equals("-")) return data.getBytes(UTF_8);
    if (data == null && console.inputIsTyped()) {
      throw new ConfigException("no data: say it behind the topic, or - to type it");
    }
    byte[] input = console.in().readAllBytes();
    int end = input.length;
    if (end > 0 && input[end - 1] == '\n') end--;
    if (end > 0 && end < input.length && input[end - 1] == '\r') end--;
    return Arrays.copyOf(input, end);
  }

  /** Ctrl-C: the request may be anywhere. */
  private void interrupted(AtomicBoolean answered) {
    if (!answered.get()) console.complain("interrupted before the answer: " + NOT_KNOWN);
    Runtime.getRuntime().halt(130);
  }
}
