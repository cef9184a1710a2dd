package io.runnel.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.runnel.engine.Hub;
import io.runnel.engine.Kept;
import io.runnel.servlet.EventStreams;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class RunnelAutoConfigurationTest {
  private final ApplicationContextRunner context =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  JacksonAutoConfiguration.class,
                  RunnelAutoConfiguration.class,
                  RunnelMvcAutoConfiguration.class,
                  RunnelServiceAutoConfiguration.class));

  /** What an IDE shows. */
  @Test
  void everyPropertyHasItsTypeAndASentenceInTheMetadata() throws Exception {
    JsonNode metadata;
    try (var in =
        RunnelProperties.class.getResourceAsStream(
            "/META-INF/spring-configuration-metadata.json")) {
      metadata = new JsonMapper().readTree(in);
    }
    Map<String, JsonNode> byName = new HashMap<>();
    metadata.get("properties").forEach(each -> byName.put(each.get("name").asString(), each));
    for (RecordComponent component : RunnelProperties.class.getRecordComponents()) {
      String name = component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
      JsonNode property = byName.get("runnel." + name);
      assertThat(property).as(name).isNotNull();
      assertThat(property.path("type").asString()).as(name).isNotEmpty();
      assertThat(property.path("description").asString()).as(name).endsWith(".");
    }
  }

  @Test
  void everyPropertyThatIsDocumentedIsOneAndTheOtherWayRound() throws Exception {
    String documentation = Files.readString(Path.of("../docs/spring.md"));
    String table = documentation.substring(documentation.indexOf("\n## Properties"));
    Set<String> documented = new TreeSet<>();
    for (String line : table.lines().filter(line -> line.startsWith("| `runnel.")).toList()) {
      Matcher name = Pattern.compile("`runnel\\.([a-z-]+)").matcher(line.split("\\|")[1]);
      while (name.find()) documented.add(name.group(1));
    }
    Set<String> properties = new TreeSet<>();
    for (RecordComponent component : RunnelProperties.class.getRecordComponents()) {
      properties.add(component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT));
    }
    assertThat(documented).isEqualTo(properties);
  }

  @Test
  void anApplicationWithoutAWebServerPublishes() {
    context.run(
        running -> {
          var hub = running.getBean(RunnelHub.class);
          assertThat(hub).isNotInstanceOf(MvcHub.class);
          assertThat(hub.publish("orders", "x").join().kept()).isEqualTo(Kept.MEMORY);
        });
  }

  @Test
  void aHubOfTheApplicationsOwnTakesThePlace() {
    Hub own = Hub.inMemory();
    context
        .withBean("own", Hub.class, () -> own)
        .run(
            running -> {
              assertThat(running).hasSingleBean(Hub.class);
              assertThat(running.getBean(RunnelHub.class).hub()).isSameAs(own);
            });
  }

  @Test
  void aFacadeOfTheApplicationsOwnTakesThePlace() {
    new WebApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                RunnelAutoConfiguration.class,
                RunnelMvcAutoConfiguration.class,
                RunnelServiceAutoConfiguration.class))
        .withBean(
            "own",
            MvcHub.class,
            () ->
                new MvcHub(
                    Hub.inMemory(),
                    new JacksonDataMapper(new JsonMapper()),
                    EventStreams.inMemory()))
        .run(running -> assertThat(running).hasSingleBean(RunnelHub.class));
  }

  @Test
  void dataOnDiskIsKeptOverARestart(@TempDir Path directory) {
    var kept = context.withPropertyValues("runnel.data=" + directory.resolve("hub"));
    String[] cursor = new String[1];
    kept.run(
        running -> {
          var receipt = running.getBean(RunnelHub.class).publish("orders", "x").join();
          assertThat(receipt.kept()).isEqualTo(Kept.DISK);
          cursor[0] = receipt.id();
        });
    kept.run(
        running ->
            assertThat(running.getBean(RunnelHub.class).publish("orders", "y").join().id())
                .startsWith(cursor[0].substring(0, 9))
                .endsWith("-2"));
  }

  @Test
  void withoutJacksonTextIsPublishedAndObjectsAreRefusedInOneLine() {
    new ApplicationContextRunner()
        .withClassLoader(new FilteredClassLoader("tools.jackson"))
        .withConfiguration(
            AutoConfigurations.of(
                RunnelAutoConfiguration.class, RunnelServiceAutoConfiguration.class))
        .run(
            running -> {
              var hub = running.getBean(RunnelHub.class);
              hub.publish("orders", "text");
              assertThatIllegalArgumentException()
                  .isThrownBy(() -> hub.publish("orders", 17))
                  .withMessage(
                      "java.lang.Integer needs a mapper: add spring-boot-starter-jackson, or a bean"
                          + " of type io.runnel.spring.EventDataMapper");
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          heartbeat=1500ms | runnel.heartbeat=PT1.5S is out of its range: whole seconds, from 1s to 3600s, such as 15s
          heartbeat=2h | runnel.heartbeat=PT2H is out of its range: whole seconds, from 1s to 3600s, such as 15s
          reconnection-time=-1s | runnel.reconnection-time=PT-1S is out of its range: a duration from 0s to 1h, such as 2s
          write-timeout=0 | runnel.write-timeout=PT0S is out of its range: whole seconds, from 1s to 3600s, such as 15s
          drain=11m | runnel.drain=PT11M is out of its range: whole seconds, from 0s to 600s, such as 15s
          max-topics=0 | runnel.max-topics=0 is out of its range: a whole number from 1
          max-topics-per-subscription=65537 | runnel.max-topics-per-subscription=65537 is out of its range: a whole number from 1 to 65536
          max-streams=0 | runnel.max-streams=0 is out of its range: a whole number from 1 to 10000000
          max-pending-bytes=1B | runnel.max-pending-bytes=1B is out of its range: a size from 1KB to 1GB
          max-event-bytes=17MB | runnel.max-event-bytes=17825792B is out of its range: a size from 1B to 16MB
          window-events=15 | runnel.window-events=15 is out of its range: a whole number from 16 to 16777216
          window-bytes=1KB | runnel.window-bytes=1024B is out of its range: a size from 64KB to 16GB
          history-max-bytes=1KB | runnel.history-max-bytes=1024B is out of its range: a size from 1MB
          lanes=65 | runnel.lanes=65 is out of its range: a whole number from 1 to 64
          retain[0].events=5 | runnel.retain[0].topics=(nothing) is out of its range: a topic or a pattern
          slow-consumers[0].topics=a//b | runnel.slow-consumers[0].topics=a//b is out of its range: a topic or a pattern, but topic name "a//b" has an empty segment
          """)
  void aValueThatBreaksItsRuleIsOneLine(String property, String message) {
    context
        .withPropertyValues("runnel." + property)
        .run(
            running ->
                assertThat(running)
                    .getFailure()
                    .rootCause()
                    .isInstanceOf(InvalidRunnelPropertyException.class)
                    .hasMessage(message));
  }

  @Test
  void rulesOfTopicsAreBound() {
    context
        .withPropertyValues(
            "runnel.retain[0].topics=orders/**",
            "runnel.retain[0].events=2",
            "runnel.slow-consumers[0].topics=movement/**",
            "runnel.slow-consumers[0].policy=latest")
        .run(running -> assertThat(running).hasNotFailed());
  }

  @ExtendWith(OutputCaptureExtension.class)
  static class Printed {
    @Test
    void isNoStackTrace(CapturedOutput output) {
      try {
        new SpringApplication(MvcApp.Main.class)
            .run("--runnel.heartbeat=0s", "--server.port=0", "--spring.main.banner-mode=off");
      } catch (RuntimeException expected) {
        assertThat(output)
            .contains("APPLICATION FAILED TO START")
            .contains("runnel.heartbeat=PT0S is out of its range: whole seconds")
            .doesNotContain("\tat ");
        return;
      }
      throw new AssertionError("it started");
    }
  }
}
