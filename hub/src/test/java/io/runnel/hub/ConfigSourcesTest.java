package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.runnel.engine.Retention;
import io.runnel.engine.SlowConsumerPolicy;
import io.runnel.engine.Topic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigSourcesTest {
  private static final String TOKEN = "0123456789abcdef";
  private static final String OTHER_TOKEN = "fedcba9876543210";

  @TempDir Path folder;

  @Test
  void anUnknownKeyInAFileNamesItsLineAndTheNearestKey() throws IOException {
    Path file = file("port = 9000\n\nretian = orders=1,1MB,1h\nbodymaximum = 3\n");

    assertThat(mistakes(new ConfigSources().file(file)))
        .containsExactly(
            "unknown key 'retian' in runnel.properties line 3; did you mean 'retain'?",
            "unknown key 'bodymaximum' in runnel.properties line 4");
  }

  @Test
  void aKeyInAnotherSpellingIsSuggestedAsItIsSpelled() throws IOException {
    assertThat(mistakes(new ConfigSources().file(file("maxTopics = 3"))))
        .containsExactly(
            "unknown key 'maxTopics' in runnel.properties line 1; did you mean 'max-topics'?");
  }

  @Test
  void anUnknownVariableNamesTheNearest() {
    assertThat(mistakes(new ConfigSources().environment(Map.of("RUNNEL_PROT", "9000"))))
        .containsExactly("unknown environment variable 'RUNNEL_PROT'; did you mean 'RUNNEL_PORT'?");
  }

  @Test
  void variablesOfScriptsOfOthersAndOfServiceLinksAreNoKeys() throws ConfigException {
    var environment =
        Map.of(
            "RUNNEL_OPTS", "-Xmx1g",
            "RUNNEL_TOKEN", "secret",
            "PORT", "1",
            "RUNNEL_PORT", "tcp://10.0.0.1:8080",
            "RUNNEL_PORT_8080_TCP_ADDR", "10.0.0.1",
            "RUNNEL_SERVICE_HOST", "10.0.0.1",
            "RUNNEL_ADMIN_SERVICE_PORT_HTTP", "8081",
            "RUNNEL_DATA", "");

    assertThat(new ConfigSources().environment(environment).load().sources()).isEmpty();
  }

  @Test
  void theDirectoryOfThePackageGivesWayToEverySourceAndToMemory() throws ConfigException {
    assertThat(new ConfigSources().packaged("there").load().config().data())
        .isEqualTo(Path.of("there"));
    var file = new ConfigSources().packaged("there").environment(Map.of("RUNNEL_DATA", "here"));
    assertThat(file.load().config().data()).isEqualTo(Path.of("here"));
    assertThat(file.flag(ConfigKey.MEMORY, List.of("true")).load().config().data()).isNull();
    assertThat(new ConfigSources().packaged(null).load().config().data()).isNull();
  }

  @Test
  void everyMistakeOfEverySourceIsToldAtOnce() throws IOException {
    var sources =
        new ConfigSources()
            .file(file("port = x\nprot = 1"))
            .environment(Map.of("RUNNEL_DRAIN", "1"))
            .flag(ConfigKey.HEARTBEAT, List.of("never"));

    assertThat(mistakes(sources)).hasSize(4);
  }

  @Test
  void aKeyThatIsSetTwiceInAFileIsAMistake() throws IOException {
    assertThat(mistakes(new ConfigSources().file(file("port = 1\nhost = ::1\nport = 2"))))
        .containsExactly("port is set twice in runnel.properties: lines 1 and 3");
  }

  @Test
  void aFileThatIsMissingOrMalformedIsNamed() throws IOException {
    Path missing = folder.resolve("missing");

    assertThat(mistakes(new ConfigSources().file(missing)))
        .containsExactly("config file " + missing + ": no such file");
    assertThat(mistakes(new ConfigSources().file(file("port = \\u12"))))
        .containsExactly(folder.resolve("runnel.properties") + " line 1: malformed \\u escape");
  }

  @Test
  void theFileIsReadAsJavaPropertiesWithContinuationsAndEscapes() throws Exception {
    Path file = file("! comment\n  retain : a\\u0062=1,\\\n     2MB,3h\nport = \\\n   9000\n");
    HubConfig config = new ConfigSources().file(file).load().config();

    assertThat(config.retain()).containsExactly(RetainRule.parse("ab=1,2MB,3h"));
    assertThat(config.port()).isEqualTo(9000);
  }

  @Test
  void whatRepeatsIsNumberedOrDividedBySemicolonsAndKeepsItsOrder() throws Exception {
    Path file = file("retain.10 = c=3\nretain.2 = b;x=2\nretain = a=1; aa=1\n");
    HubConfig config = new ConfigSources().file(file).load().config();

    assertThat(config.retain())
        .extracting(rule -> rule.topics().text())
        .containsExactly("a", "aa", "b;x", "c");
  }

  @Test
  void aNumberMakesNoSenseOnAKeyThatDoesNotRepeat() throws IOException {
    assertThat(mistakes(new ConfigSources().file(file("port.1 = 9000"))))
        .containsExactly("unknown key 'port.1' in runnel.properties line 1; did you mean 'port'?");
  }

  @Test
  void aHigherSourceReplacesAllRulesOfALowerOne() throws Exception {
    HubConfig config =
        new ConfigSources()
            .file(file("retain.1 = a=1\nretain.2 = b=1"))
            .flag(ConfigKey.RETAIN, List.of("c=1", "d=1"))
            .load()
            .config();

    assertThat(config.retain()).extracting(rule -> rule.topics().text()).containsExactly("c", "d");
  }

  @Test
  void theFirstRuleThatMatchesATopicCountsAndADashKeepsADefault() throws Exception {
    HubConfig config =
        new ConfigSources()
            .flag(ConfigKey.RETAIN, List.of("orders/*=5,-,1h", "orders/**=7,1kB"))
            .flag(ConfigKey.SLOW_CONSUMER, List.of("movement/**=latest"))
            .load()
            .config();
    Retention usual = Retention.DEFAULT;

    assertThat(config.retention().of(new Topic("orders/1")))
        .isEqualTo(new Retention(5, usual.bytes(), Duration.ofHours(1)));
    assertThat(config.retention().of(new Topic("orders")))
        .isEqualTo(new Retention(7, 1000, usual.age()));
    assertThat(config.retention().of(new Topic("other"))).isEqualTo(usual);
    assertThat(config.slowConsumers().of(new Topic("movement/box")))
        .isEqualTo(SlowConsumerPolicy.LATEST);
    assertThat(config.slowConsumers().of(new Topic("orders")))
        .isEqualTo(SlowConsumerPolicy.DISCONNECT);
  }

  @Test
  void tokensComeFromVariableAndFileTogether() throws Exception {
    Path tokens = folder.resolve("tokens.txt");
    Files.writeString(tokens, "# of the shop\n" + OTHER_TOKEN + "  # new\n\n", UTF_8);
    HubConfig config =
        new ConfigSources()
            .environment(Map.of("RUNNEL_PUBLISH_TOKEN", TOKEN))
            .flag(ConfigKey.PUBLISH_TOKEN_FILE, List.of(tokens.toString()))
            .load()
            .config();

    assertThat(config.publishTokens()).containsExactly(TOKEN, OTHER_TOKEN);
  }

  @Test
  void aTokenIsNeverShown() throws Exception {
    LoadedConfig loaded =
        new ConfigSources().environment(Map.of("RUNNEL_PUBLISH_TOKEN", TOKEN)).load();
    Path file = file("publish-token = short-secret");

    assertThat(loaded.listing()).contains("publish-token = ***").doesNotContain(TOKEN);
    assertThat(loaded.config().toString()).doesNotContain(TOKEN);
    assertThat(mistakes(new ConfigSources().file(file)).toString()).doesNotContain("short-secret");
    assertThatThrownBy(
            () -> HubConfig.DEFAULT.with(ConfigKey.PUBLISH_TOKEN, List.of("short-secret")))
        .hasMessageStartingWith("publish-token = ***: must be")
        .hasMessageNotContaining("short-secret");
  }

  @Test
  void aHubThatListensWiderThanLoopbackNeedsATokenOrTheWordInsecure() throws Exception {
    HubConfig wide = HubConfig.DEFAULT.with(ConfigKey.HOST, "0.0.0.0");

    assertThatThrownBy(wide::requireSafe)
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("host = 0.0.0.0 is wider than loopback")
        .hasMessageContaining("--insecure");
    wide.with(ConfigKey.INSECURE, true).requireSafe();
    wide.with(ConfigKey.PUBLISH_TOKEN, List.of(TOKEN)).requireSafe();
    HubConfig.DEFAULT.requireSafe();
    HubConfig.DEFAULT.with(ConfigKey.HOST, "localhost").requireSafe();
    HubConfig.DEFAULT.with(ConfigKey.HOST, "::1").requireSafe();
  }

  @Test
  void aValueSetInCodeIsCheckedAsWell() {
    assertThatThrownBy(() -> HubConfig.DEFAULT.with(ConfigKey.PORT, 70000))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("port = 70000: must be a whole number from 0 to 65535");
    assertThatThrownBy(() -> HubConfig.DEFAULT.with(ConfigKey.HEARTBEAT, Duration.ofMillis(1500)))
        .hasMessageStartingWith("heartbeat = 1500ms: must be a duration");
  }

  @Test
  void connectionsTakeNineTenthsOfTheOpenFilesButNeverOverAMillion() {
    assertThat(List.of(1024L, 1L, Long.MAX_VALUE))
        .extracting(OpenFiles::defaultMaxConnections)
        .containsExactly(918, 1, 1_000_000);
  }

  @Test
  void anEventOfNothingButLineBreaksIsWithinTheEnginesLimitIfItsBodyIsWithinTheHubs() {
    HubConfig largest = HubConfig.DEFAULT.with(ConfigKey.MAX_BODY, 16L << 20);

    assertThat(largest.engineSettings().maxEventBytes()).isGreaterThan(7 * (16 << 20));
  }

  private static List<String> mistakes(ConfigSources sources) {
    try {
      sources.load();
      return List.of();
    } catch (ConfigException e) {
      return String.valueOf(e.getMessage()).lines().toList();
    }
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("runnel.properties"), text, UTF_8);
  }
}
