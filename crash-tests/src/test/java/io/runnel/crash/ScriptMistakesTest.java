package io.runnel.crash;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The scripts that prove and measure: a mistake is said in one line before anything is built. */
@Timeout(60)
class ScriptMistakesTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "prove | 1 | runnel: which proof? ./prove crash, ",
        "prove everything | 1 | runnel: no proof 'everything': ./prove crash, ",
        "prove crash 200 | 1 | runnel: ./prove crash: '200' is one argument too many",
        "prove spring 1 2 3 | 1 | runnel: ./prove spring: '3' is one argument too many",
        "prove spring 0 | 1 | runnel: ./prove spring 0: must be a whole number from 1",
        "prove containers 10 many | 1 | runnel: ./prove containers many: must be a whole number from 1",
        "test everything | 1 | runnel: ./test, ./test java or ./test browser",
        "benchmark --row x | 2 | benchmark: unrecognized arguments: --row x; try --help",
        "benchmark --rows x | 2 | benchmark: no row 'x'; --list says which there are; try --help",
        "benchmark --minutes 0 | 2 | benchmark: argument --minutes: 0: must be a number above 0, at most",
      })
  void aMistakeIsSaidInOneLine(String command, int exitCode, String message) throws Exception {
    if (command.startsWith("benchmark")) assumeTrue(hasPython(), "there is no Python 3");
    var words = new ArrayList<>(List.of(command.split(" ")));
    words.set(0, ROOT.resolve(words.get(0)).toString());
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);

    assertThat(said.lines()).singleElement().asString().startsWith(message);
    assertThat(process.waitFor()).isEqualTo(exitCode);
  }

  private static boolean hasPython() throws InterruptedException {
    try {
      return new ProcessBuilder("python3", "--version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
