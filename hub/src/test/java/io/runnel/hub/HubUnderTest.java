package io.runnel.hub;

import io.runnel.engine.History;
import io.runnel.engine.Hub;
import io.runnel.engine.HubSettings;
import io.runnel.engine.MemoryHistory;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/** A hub that listens on a free port of loopback, for one test. */
final class HubUnderTest implements AutoCloseable {
  final Hub hub;
  final HubServer server;

  HubUnderTest() throws IOException {
    this(HubConfig.DEFAULT, HubSettings.DEFAULT, List.of());
  }

  HubUnderTest(HubConfig config) throws IOException {
    this(config, HubSettings.DEFAULT, List.of());
  }

  HubUnderTest(HubConfig config, HubSettings settings, List<Site> sites) throws IOException {
    this(config, settings, memory(config), sites);
  }

  HubUnderTest(HubConfig config, HubSettings settings, History history, List<Site> sites)
      throws IOException {
    hub = new Hub(settings, history, InstantSource.system(), new SplittableRandom());
    server = HubServer.start(config.with(ConfigKey.PORT, 0), hub, sites);
  }

  static MemoryHistory memory(HubConfig config) {
    return new MemoryHistory(
        config.retention(),
        config.historyMaxBytes(),
        InstantSource.system(),
        new SplittableRandom());
  }

  RawConnection connect() throws IOException {
    return new RawConnection(server.port());
  }

  /** Publishes over HTTP and answers with what the hub said. */
  String publish(String topicAndQuery, String body) throws IOException {
    try (RawConnection connection = connect()) {
      return connection.post("/events/" + topicAndQuery, body).answer();
    }
  }

  /** The id that the hub answered with. */
  String publishedId(String topicAndQuery, String body) throws IOException {
    String answer = publish(topicAndQuery, body);
    return answer.replaceAll("(?s).*\"id\":\"([^\"]*)\".*", "$1");
  }

  static void await(BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; i < 2000; i++) {
      if (condition.getAsBoolean()) return;
      Thread.sleep(10);
    }
    throw new AssertionError("it never came true");
  }

  @Override
  public void close() {
    server.close();
    hub.close();
  }
}
