package io.runnel.eventstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the encoder writes, read by a parser that is not ours: npm {@code eventsource-parser}. */
class ForeignParserTest {
  private static final int EVENTS = 100_000;
  private static final Path FOLDER = Path.of("..", "conformance", "foreign-parser");

  @TempDir Path temporary;

  /** An event as that parser reports it: the id is that of its own block. */
  private record Read(@Nullable String type, String data, @Nullable String id) {
    static Read of(Event event) {
      String type = event.type().equals(Event.MESSAGE) ? null : event.type();
      return new Read(type, event.data(), event.id());
    }

    static Read of(JsonNode json) {
      return new Read(text(json.get(0)), json.get(1).stringValue(), text(json.get(2)));
    }

    private static @Nullable String text(JsonNode json) {
      return json.isNull() ? null : json.stringValue();
    }
  }

  @BeforeAll
  static void theForeignParserIsInstalled() throws InterruptedException {
    if (!runs("node", "--version")) doWithout("node does not run here");
    if (Files.isDirectory(FOLDER.resolve("node_modules").resolve("eventsource-parser"))) return;
    if (!runs("npm", "ci", "--no-audit", "--no-fund")) {
      doWithout("'npm ci' in conformance/foreign-parser does not work here");
    }
  }

  @Test
  void aParserThatIsNotOursReadsWhatWasEncoded() throws IOException, InterruptedException {
    long seed = Hostile.seed();
    var hostile = new Hostile(new Random(seed));
    Path stream = temporary.resolve("stream");
    Path events = temporary.resolve("events.jsonl");
    var expected = new ArrayList<Read>();
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(stream))) {
      for (int i = 0; i < EVENTS; i++) {
        Event event = hostile.event();
        out.write(EventStreamEncoder.encode(event));
        if (i % 8 == 0) out.write(EventStreamEncoder.encodeComment(hostile.text()));
        expected.add(Read.of(event));
      }
    }
    String[] command = {
      "node",
      "read-events.mjs",
      stream.toAbsolutePath().toString(),
      events.toAbsolutePath().toString()
    };
    assertThat(runs(command)).as("node reads the stream; seed %d", seed).isTrue();

    List<String> lines = Files.readAllLines(events, UTF_8);
    assertThat(lines).as("seed %d", seed).hasSize(EVENTS);
    for (int i = 0; i < EVENTS; i++) {
      Read read = Read.of(JsonMapper.shared().readTree(lines.get(i)));
      assertThat(read).as("seed %d, event %d", seed, i).isEqualTo(expected.get(i));
    }
  }

  /** Runs a command in the parser's folder; false if it cannot be started or does not succeed. */
  private static boolean runs(String... command) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(FOLDER.toFile())
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      if (process.waitFor(5, MINUTES)) return process.exitValue() == 0;
      process.destroyForcibly();
      return fail("still running after five minutes: " + Arrays.toString(command));
    } catch (IOException e) {
      return false;
    }
  }

  /** Continuous integration has to have it; elsewhere its absence is no failure. */
  private static void doWithout(String reason) {
    String message = "The foreign parser is not tried: " + reason + ".";
    if ("true".equals(System.getenv("CI"))) fail(message);
    System.err.println(message);
    abort(message);
  }
}
