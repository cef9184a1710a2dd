package io.runnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.eventstream.Event;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The example on the package's page is this one, which compiles. */
class PackageExampleTest {
  // example
  static void follow(URI orders, Supplier<String> token, String resumeFrom) throws Exception {
    EventSource.Builder builder =
        EventSource.to(orders)
            .header("Authorization", () -> "Bearer " + token.get())
            .lastEventId(resumeFrom);

    // Callbacks:
    EventSource source = builder.start(event -> System.out.println(event.data()));
    source.close();

    // Pulling, where the id is stored with the work:
    try (EventReader reader = builder.read()) {
      for (Event event : reader) {
        System.out.println(event.type() + " " + event.data() + " " + reader.lastEventId());
      }
    }

    // Publishing:
    try (RunnelPublisher publisher = RunnelPublisher.to(orders.resolve("/")).build()) {
      Receipt receipt = publisher.publish("orders", Event.of("placed", "{}")).get();
      System.out.println(receipt.id());
    }
  }

  // end of example

  private static String between(String file, String from, String to) throws Exception {
    String text = Files.readString(Path.of(file));
    int start = text.indexOf(from) + from.length();
    return text.substring(start, text.indexOf(to, start))
        .lines()
        .map(line -> line.replaceFirst("^ \\*", "").strip())
        .filter(line -> !line.isEmpty())
        .collect(Collectors.joining("\n"));
  }

  @Test
  void theExampleOnThePackagesPageIsTheOneThatCompilesHere() throws Exception {
    String path = "java/io/runnel/client/";
    assertThat(between("src/main/" + path + "package-info.java", "<pre>{@code", "}</pre>"))
        .isEqualTo(
            between(
                "src/test/" + path + "PackageExampleTest.java",
                "// example\n",
                "// end of example"));
  }
}
