package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** {@code docs/configuration.md} says of every key what the code does. */
class ConfigurationPageTest {
  private static final Path PAGE = Path.of("../docs/configuration.md");
  private static final String BEGIN = "<!-- keys: written by ConfigurationPageTest -->\n";
  private static final String END = "<!-- end of keys -->\n";

  @Test
  void thePageSaysOfEveryKeyWhatTheCodeDoes() throws IOException {
    String page = Files.readString(PAGE, UTF_8);
    String head = page.substring(0, page.indexOf(BEGIN) + BEGIN.length());
    String tail = page.substring(page.indexOf(END));
    String expected = head + keys() + tail;
    Path written = Files.writeString(Path.of("target/configuration.md"), expected, UTF_8);

    assertThat(page).as("what it should be is in hub/" + written).isEqualTo(expected);
  }

  private static String keys() {
    var keys = new StringBuilder();
    for (ConfigKey<?> key : ConfigKey.all()) {
      keys.append("### `").append(key).append("`\n\n").append(key.meaning()).append("\n\n");
      keys.append("* Default: ").append(key.defaultText()).append("\n");
      keys.append("* Value: ").append(key.type().rule()).append("\n");
      keys.append("* Variable: `").append(key.environmentName()).append("`; ");
      keys.append(key.isSecret() ? "never a flag" : "flag: `--" + key + "`");
      if (key.isRepeatable()) keys.append("; may be repeated");
      keys.append("\n");
      if (key.counter() != null) keys.append("* Counter: `").append(key.counter()).append("`\n");
      keys.append("\n");
    }
    return keys.toString();
  }
}
