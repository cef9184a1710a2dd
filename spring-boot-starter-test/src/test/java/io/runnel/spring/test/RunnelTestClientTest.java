package io.runnel.spring.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.springframework.http.MediaType.TEXT_EVENT_STREAM_VALUE;

import io.runnel.spring.MvcHub;
import io.runnel.spring.RunnelEmitter;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** As an application's own test would use it. */
@SpringBootTest(
    webEnvironment = WebEnvironment.RANDOM_PORT,
    properties = {
      OnJettyTest.NOT_ON_JETTY,
      "runnel.retain[0].topics=short",
      "runnel.retain[0].age=1h"
    })
class RunnelTestClientTest {
  @Autowired private RunnelTestClient client;
  @Autowired private MvcHub hub;

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import(Events.class)
  static class App {}

  @RestController
  record Events(MvcHub hub) {
    @GetMapping(path = "/events", produces = TEXT_EVENT_STREAM_VALUE)
    RunnelEmitter events(HttpServletRequest request) {
      return hub.emitter(request).topics("orders", "short");
    }

    @GetMapping(path = "/private", produces = TEXT_EVENT_STREAM_VALUE)
    RunnelEmitter own() {
      return new RunnelEmitter();
    }
  }

  @Test
  void anOrderIsShown() {
    try (TestStream stream = client.get("/events").open()) {
      hub.publish("orders", "placed", "17");
      assertThat(stream.next().data()).isEqualTo("17");
      client.advance(Duration.ofSeconds(15)); // turns the hub's clock
      stream.expectHeartbeat();
    }
  }

  /** What docs/spring.md and the Javadoc show is the test above. */
  @Test
  void theExampleOfTheDocumentationIsATestThatRuns() throws IOException {
    String here = code("src/test/java/io/runnel/spring/test/RunnelTestClientTest.java");
    assertThat(here).startsWith("void anOrderIsShown() { try (").endsWith("} }");
    assertThat(code("../docs/spring.md")).isEqualTo(here);
    String javadoc = code("src/main/java/io/runnel/spring/test/RunnelTestClient.java");
    assertThat(javadoc).isEqualTo(here.replace(" // turns the hub's clock", ""));
  }

  /** The example in a file, in one line. */
  private static String code(String file) throws IOException {
    String text = Files.readString(Path.of(file)).replaceAll("\\n *\\*? *", " ");
    String example = text.substring(text.indexOf("void anOrderIsShown()"));
    String last = "stream.expectHeartbeat(); } }";
    return example.substring(0, example.indexOf(last) + last.length()).replaceAll(" +", " ");
  }

  @Test
  void whatIsPublishedArrives() {
    try (TestStream stream = client.get("/events").open()) {
      assertThat(stream.nextOfAll().type()).isEqualTo("runnel.open");
      hub.publish("orders", "placed", "17");
      assertThat(stream.next().data()).isEqualTo("17");
    }
  }

  @Test
  void aQuarterOfAMinutePassesAtOnceAndBringsAHeartbeat() {
    try (TestStream topics = client.get("/events").open();
        TestStream events = client.get("/events?heartbeat=event").open();
        TestStream own = client.get("/private").open()) {
      assertThat(topics.nextOfAll().type()).isEqualTo("runnel.open");
      assertThat(events.nextOfAll().type()).isEqualTo("runnel.open");
      client.advance(Duration.ofSeconds(15));
      topics.expectHeartbeat();
      events.expectHeartbeat();
      own.expectHeartbeat();
    }
  }

  @Test
  void afterTheTimeOfRetentionAClientIsToldOfTheGap() {
    String id;
    try (TestStream stream = client.get("/events").open()) {
      hub.publish("short", "1");
      id = stream.next().id();
    }
    hub.publish("short", "2");
    client.advance(Duration.ofMinutes(59));
    try (TestStream stream = client.get("/events").lastEventId(id).open()) {
      assertThat(stream.next().data()).isEqualTo("2");
    }
    client.advance(Duration.ofMinutes(2));
    try (TestStream stream = client.get("/events").lastEventId(id).open()) {
      assertThat(stream.next().type()).isEqualTo("runnel.gap");
    }
  }

  @Test
  void whatDoesNotComeOrIsNoStreamIsSaid() {
    assertThatThrownBy(() -> client.get("/nowhere").open())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("/nowhere answers 404");
    try (TestStream stream = client.get("/events").patience(Duration.ofMillis(50)).open()) {
      stream.expectNothingFor(Duration.ofMillis(20));
      assertThatThrownBy(stream::next)
          .isInstanceOf(AssertionError.class)
          .hasMessage("no event within PT0.05S");
      hub.publish("orders", "x").join();
      assertThatThrownBy(() -> stream.expectNothingFor(Duration.ofSeconds(20)))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("an event came");
    }
  }
}
