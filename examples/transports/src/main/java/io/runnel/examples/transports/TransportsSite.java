package io.runnel.examples.transports;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.runnel.engine.Topic;
import io.runnel.hub.Site;
import io.runnel.hub.SiteContext;
import io.runnel.hub.SiteRequest;
import io.runnel.hub.SiteResponse;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The transports example as the hub serves it.
 *
 * <table>
 *   <caption>What is below {@code /examples/transports}</caption>
 *   <tr><td>{@code GET /}</td><td>the page</td></tr>
 *   <tr><td>{@code GET /time}</td>
 *       <td>the hub's clock, in milliseconds since 1970, and the period; whoever asks is looking,
 *       and keeps the pulse of topic {@code transports} awake</td></tr>
 *   <tr><td>{@code POST /period}</td><td>the period; form field {@code period}, in milliseconds</td></tr>
 * </table>
 */
public final class TransportsSite implements Site {
  private static final Topic TOPIC = new Topic("transports");

  private final InstantSource clock = InstantSource.system();
  private @Nullable Pulse pulse;

  /** For the service loader. */
  public TransportsSite() {}

  @Override
  public String path() {
    return "/examples/transports";
  }

  @Override
  public void start(SiteContext context) {
    pulse = new Pulse(context.hub(), context.scheduler(), clock, TOPIC);
  }

  @Override
  public void close() {
    if (pulse != null) pulse.close();
  }

  @Override
  public void handle(SiteRequest request, SiteResponse response) {
    String call = request.method() + " " + request.path();
    switch (call) {
      case "GET /" -> response.resource(TransportsSite.class, "index.html");
      case "GET /transports.css", "GET /transports.js" ->
          response.resource(TransportsSite.class, request.path().substring(1));
      case "GET /time" -> sendTime(response);
      case "POST /period" -> {
        pulse().period(request.form("period"));
        sendTime(response);
      }
      default -> response.problem(404, "Not found", "there is no " + call + " here");
    }
  }

  private void sendTime(SiteResponse response) {
    pulse().look();
    String json = "{\"now\":" + Pulse.time(clock) + ",\"period\":" + pulse().period() + "}\n";
    response.send(200, "application/json", json.getBytes(UTF_8), Map.of());
  }

  private Pulse pulse() {
    return requireNonNull(pulse, "not started");
  }
}
