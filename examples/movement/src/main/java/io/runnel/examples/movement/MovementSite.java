package io.runnel.examples.movement;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.runnel.engine.Hub;
import io.runnel.engine.Start;
import io.runnel.engine.Topic;
import io.runnel.examples.movement.PrivateWalks.PrivateWalk;
import io.runnel.hub.Site;
import io.runnel.hub.SiteContext;
import io.runnel.hub.SiteRequest;
import io.runnel.hub.SiteResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The movement example as the hub serves it.
 *
 * <table>
 *   <caption>What is below {@code /examples/movement}</caption>
 *   <tr><td>{@code GET /}</td><td>the page</td></tr>
 *   <tr><td>{@code GET /period}, {@code POST /period}</td>
 *       <td>the pace of the walk that everybody sees, topic {@code movement}; form field {@code
 *       period}, in milliseconds</td></tr>
 *   <tr><td>{@code GET /walk?period=2000}</td>
 *       <td>an event stream: a walk for this connection alone, which goes on from the position that
 *       is the last event ID</td></tr>
 * </table>
 */
public final class MovementSite implements Site {
  private static final Topic TOPIC = new Topic("movement");

  /** Spread, so that those who were turned away do not all come back at once. */
  private static final int SOONEST_RETRY = 5_000;

  private @Nullable Hub hub;
  private @Nullable Walker everybodysWalk;
  private @Nullable PrivateWalks privateWalks;

  /** For the service loader. */
  public MovementSite() {}

  @Override
  public String path() {
    return "/examples/movement";
  }

  @Override
  public void start(SiteContext context) {
    hub = context.hub();
    privateWalks = new PrivateWalks(context.hub(), context.scheduler());
    everybodysWalk =
        new Walker(
            context.hub(),
            context.scheduler(),
            TOPIC,
            new RandomWalk(new SplittableRandom()),
            Period.DEFAULT);
    everybodysWalk.start();
  }

  @Override
  public void close() {
    if (everybodysWalk != null) everybodysWalk.close();
  }

  @Override
  public void handle(SiteRequest request, SiteResponse response) {
    String call = request.method() + " " + request.path();
    switch (call) {
      case "GET /" -> response.resource(MovementSite.class, "index.html");
      case "GET /movement.css" -> response.resource(MovementSite.class, "movement.css");
      case "GET /movement.js" -> response.resource(MovementSite.class, "movement.js");
      case "GET /period" -> sendPeriod(response);
      case "POST /period" -> setPeriod(request, response);
      case "GET /walk" -> walk(request, response);
      default -> response.problem(404, "Not found", "there is no " + call + " here");
    }
  }

  /** A period that is none is answered with 400 by whoever called {@link #handle}. */
  private void setPeriod(SiteRequest request, SiteResponse response) {
    walker().period(Period.parse(request.form("period")));
    sendPeriod(response);
  }

  private void sendPeriod(SiteResponse response) {
    byte[] json = ("{\"period\":" + walker().period() + "}\n").getBytes(UTF_8);
    response.send(200, "application/json", json, Map.of());
  }

  private void walk(SiteRequest request, SiteResponse response) {
    String asked = request.query("period");
    Period period = asked == null ? Period.DEFAULT : Period.parse(asked);
    Optional<PrivateWalk> walk = requireNonNull(privateWalks).walk(request.lastEventId(), period);
    if (walk.isPresent()) begin(walk.get(), response);
    else turnAway(response);
  }

  /** The stream begins later than this returns: from the position before the walk's first event. */
  private void begin(PrivateWalk walk, SiteResponse response) {
    Start start = Start.after(requireNonNull(hub).cursor());
    response.stream(List.of(walk.topic().name()), start, walk::close);
    walk.start();
  }

  /** Not with an error, at which an {@code EventSource} would give up for good. */
  private static void turnAway(SiteResponse response) {
    int retry = SOONEST_RETRY + new SplittableRandom().nextInt(SOONEST_RETRY);
    byte[] stream = ("retry: " + retry + "\n\n").getBytes(UTF_8);
    response.send(200, "text/event-stream", stream, Map.of());
  }

  private Walker walker() {
    return requireNonNull(everybodysWalk, "not started");
  }
}
