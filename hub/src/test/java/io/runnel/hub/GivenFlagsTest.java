package io.runnel.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.ParameterException;

/** A plain line is understood as the library of the command line understands it. */
class GivenFlagsTest {
  @Test
  void aLineOfFlagsIsUnderstoodWithoutTheLibrary() {
    List<String> line =
        List.of(
            "serve", "--port", "0", "--retain=a=1", "--memory", "--retain", "b=2", "--insecure");

    GivenFlags flags = GivenFlags.ofPlainServe(line);

    assertThat(flags).isEqualTo(byTheLibrary(line));
    assertThat(flags.values())
        .containsEntry(ConfigKey.PORT, List.of("0"))
        .containsEntry(ConfigKey.RETAIN, List.of("a=1", "b=2"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "publish --port 1",
        "serve --help",
        "serve --print-config",
        "serve --port",
        "serve --port -1",
        "serve --prt 1",
        "serve --port=",
        "serve @flags",
        "serve --data @flags",
        "serve --native-io perhaps",
        "serve --config a --config b",
        "serve --publish-token secret",
        "serve extra"
      })
  void everyOtherLineIsLeftToTheLibrary(String line) {
    assertThat(GivenFlags.ofPlainServe(List.of(line.split(" ")))).isNull();
  }

  @Test
  void whateverIsUnderstoodWithoutTheLibraryIsUnderstoodAlike() {
    var random = new Random(7);
    var words =
        new ArrayList<>(List.of("1", "true", "false", "a=b", "x", "--x", "-1", "", "=", "--"));
    for (ConfigKey<?> key : ConfigKey.all()) {
      words.add("--" + key.name());
      words.add("--" + key.name() + "=true");
      words.add("--" + key.name() + "=7");
    }
    words.addAll(List.of("--config", "--config=f", "--config=f"));
    int plain = 0;
    for (int i = 0; i < 20_000; i++) {
      var line = new ArrayList<>(List.of("serve"));
      for (int k = random.nextInt(6); k > 0; k--) line.add(words.get(random.nextInt(words.size())));
      GivenFlags flags = GivenFlags.ofPlainServe(line);
      if (flags == null) continue;
      plain++;
      assertThat(flags).as("%s", line).isEqualTo(byTheLibrary(line));
    }
    assertThat(plain).isGreaterThan(1_000);
  }

  private static GivenFlags byTheLibrary(List<String> line) {
    var serve = ServeCommand.create(Console.ofProcess());
    try {
      return ConfigFlags.given(
          serve.parseArgs(line.subList(1, line.size()).toArray(String[]::new)));
    } catch (ParameterException e) {
      throw new AssertionError("the library refuses " + line, e);
    }
  }
}
