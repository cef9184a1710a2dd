package io.runnel.spring;

import static io.runnel.spring.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.runnel.engine.Hub;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ActuatorTest {
  private static final String[] EXPOSED = {
    "--management.endpoints.web.exposure.include=runnel,metrics",
    "--runnel.retain[0].topics=short",
    "--runnel.retain[0].events=1",
    "--runnel.max-streams=2"
  };

  /** The system's time, and a timer on the thread of which a test's ticks come, too. */
  @Configuration(proxyBeanMethods = false)
  static class TimerAtHand implements RunnelTime {
    private final ScheduledExecutorService timer = RunnelTime.system().newTimer();

    @Override
    public InstantSource clock() {
      return RunnelTime.system().clock();
    }

    @Override
    public ScheduledExecutorService newTimer() {
      return timer;
    }

    void pass(Duration time, Hub hub) throws Exception {
      Runnable ticks = () -> LongStream.range(0, time.toSeconds()).forEach(second -> hub.tick());
      timer.submit(ticks).get();
    }
  }

  private static JsonNode json(int port, String path) throws Exception {
    try (Wire wire = new Wire(port, path)) {
      return new JsonMapper().readTree(wire.body());
    }
  }

  @Test
  void theEndpointShowsTopicsConnectionsBacklogGapsAndSlowConsumers() throws Exception {
    try (var app = new MvcApp(EXPOSED);
        Wire wire = app.get("/events/anna", "Last-Event-ID: of-another-hub");
        Wire own = app.get("/register/x");
        Wire tooMany = app.get("/register/y")) {
      wire.opening();
      assertThat(own.status()).isEqualTo(200);
      tooMany.toEnd();
      app.hub().publish("short", "1");
      app.hub().publish("short", "2");
      app.hub().publish("orders", "3").join();
      wire.take(2);
      JsonNode status = json(app.port, "/actuator/runnel");
      assertThat(status.at("/cursor").asString()).isEqualTo(app.hub().hub().cursor());
      assertThat(status.at("/connections").toString())
          .isEqualTo("{\"open\":2,\"subscriptions\":1,\"opened\":1,\"resumed\":1,\"refused\":1}");
      assertThat(status.at("/gaps").asInt()).isEqualTo(1);
      assertThat(status.at("/slowConsumers").toString())
          .isEqualTo("{\"heldUp\":0,\"disconnected\":0}");
      assertThat(status.at("/topics/count").asInt()).isEqualTo(3);
      assertThat(status.at("/topics/newest/0/name").asString()).isEqualTo("orders");
      assertThat(status.at("/topics/newest/1").toString())
          .isEqualTo("{\"name\":\"short\",\"newest\":2,\"trimmedThrough\":1,\"completed\":false}");
      assertThat(status.at("/events/published").asInt()).isEqualTo(3);

      // It is as of the last tick, which may have come between the publish and the client.
      eventually(
          () ->
              assertThat(json(app.port, "/actuator/runnel").at("/backlog").toString())
                  .isEqualTo("{\"subscriptions\":0,\"events\":0}"));

      assertThat(json(app.port, "/actuator/runnel/user/anna").at("/name").asString())
          .isEqualTo("user/anna");
      try (Wire unknown = app.get("/actuator/runnel/no/such")) {
        assertThat(unknown.status()).isEqualTo(404);
      }
      eventually(
          () ->
              assertThat(
                      app.context
                          .getBean(MeterRegistry.class)
                          .get("runnel.gaps")
                          .functionCounter()
                          .count())
                  .isEqualTo(1));
      assertThat(
              app.context
                  .getBean(MeterRegistry.class)
                  .get("runnel.history.trimmed.events")
                  .tag("limit", "events")
                  .functionCounter()
                  .count())
          .isEqualTo(1);
    }
  }

  @Test
  void theEndpointShowsWhoIsBehindAndWhoWasDisconnected() throws Exception {
    Class<?>[] sources = {MvcApp.Main.class, TimerAtHand.class};
    try (var app = new MvcApp(sources, EXPOSED);
        Wire stalled = app.get("/events/stalled")) {
      stalled.opening();
      for (int i = 0; i < 200; i++) app.hub().publish("orders", "x".repeat(50_000));
      eventually(
          () -> {
            JsonNode status = json(app.port, "/actuator/runnel");
            assertThat(status.at("/backlog/subscriptions").asInt()).isEqualTo(1);
            assertThat(status.at("/backlog/events").asInt()).isBetween(1, 199);
            assertThat(status.at("/slowConsumers/heldUp").asInt()).isPositive();
          });
      app.context.getBean(TimerAtHand.class).pass(Duration.ofMinutes(2), app.hub().hub());
      eventually(
          () -> {
            JsonNode status = json(app.port, "/actuator/runnel");
            assertThat(status.at("/slowConsumers/disconnected").asInt()).isEqualTo(1);
            assertThat(status.at("/connections/open").asInt()).isZero();
          });
    }
  }

  /** docs/spring.md lists them. */
  @Test
  void everyMeterIsInTheDocumentation() throws Exception {
    String documentation = Files.readString(Path.of("../docs/spring.md"));
    try (var app = new MvcApp()) {
      List<String> meters =
          app.context.getBean(MeterRegistry.class).getMeters().stream()
              .map(meter -> meter.getId().getName())
              .filter(name -> name.startsWith("runnel."))
              .toList();
      assertThat(meters).hasSizeGreaterThan(20);
      assertThat(meters).allSatisfy(meter -> assertThat(documentation).contains("`" + meter + "`"));
    }
  }

  @Test
  void metersAndTheEndpointAreThereForWebFluxToo() throws Exception {
    try (var app = new WebFluxApp(EXPOSED);
        Wire wire = app.get("/events/anna")) {
      wire.opening();
      for (String meter : List.of("runnel.streams", "runnel.subscriptions")) {
        JsonNode value = json(app.port, "/actuator/metrics/" + meter).at("/measurements/0/value");
        assertThat(value.asDouble()).as(meter).isEqualTo(1);
      }
      assertThat(json(app.port, "/actuator/runnel").at("/connections/open").asInt()).isEqualTo(1);
    }
  }
}
