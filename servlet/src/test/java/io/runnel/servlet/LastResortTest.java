package io.runnel.servlet;

import static io.runnel.servlet.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Hub;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import jakarta.servlet.http.HttpServletRequest;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Tomcat waits on a thread of its own when an answer is completed whose client takes nothing, so
 * that is done last, and for one client at a time.
 */
class LastResortTest {
  private static final int STALLED = 5;

  private static final class Endless extends EventSourceServlet {
    @Override
    protected EventSource newEventSource(HttpServletRequest request) {
      return emitter -> {
        while (emitter.isOpen()) emitter.data("w".repeat(1000));
      };
    }
  }

  @Test
  @Timeout(180)
  @Tag("slow")
  void whoStallsForGoodIsCompletedInTheEndOneAtATime() throws Exception {
    Container tomcat = Containers.TOMCAT.make();
    // Tomcat closes a connection of HTTP/2 with too many cancelled streams.
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    List<RawConnection> stalled = new ArrayList<>();
    try (Hub hub = Hub.inMemory();
        var streams =
            new EventStreams(
                hub, EventStreamsSettings.DEFAULT.withWriteTimeout(Duration.ofSeconds(3)))) {
      tomcat.start(
          Map.of("/endless", new Endless(), "/events/*", new TopicServlet()), STALLED, streams);
      for (int i = 0; i < STALLED; i++) {
        var connection = new RawConnection(tomcat.port(), 4096);
        connection.get("/endless").until("data: w");
        stalled.add(connection);
      }
      await(() -> streams.statistics().slow() == STALLED);
      while (streams.counters.lastResorts.sum() < STALLED) {
        assertThat(threadsThatWaitToWrite()).isLessThanOrEqualTo(1);
        try (Received other = new Received(client, tomcat.url("/events/a"))) {
          other.next();
          hub.publish(new Topic("a"), Event.of("undisturbed"));
          assertThat(other.nextData()).isEqualTo("undisturbed");
        }
      }
      await(() -> streams.lastResort.availablePermits() == 1);
      assertThat(streams.statistics().gateTimeouts()).isZero();
      for (RawConnection each : stalled) each.close();
    } finally {
      tomcat.stop();
    }
  }

  /** Of Tomcat's, as their stacks tell. */
  private static long threadsThatWaitToWrite() {
    return Thread.getAllStackTraces().values().stream()
        .filter(stack -> stack.length > 0 && isWaiting(stack[0]))
        .filter(stack -> Arrays.stream(stack).anyMatch(LastResortTest::isWrite))
        .count();
  }

  /** Whoever merely passes by writes without waiting. */
  private static boolean isWaiting(StackTraceElement top) {
    return top.getMethodName().matches("wait0?|park");
  }

  private static boolean isWrite(StackTraceElement frame) {
    return frame.getClassName().endsWith("NioSocketWrapper")
        && frame.getMethodName().equals("doWrite");
  }
}
