package io.runnel.servlet;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.runnel.engine.Hub;
import io.runnel.engine.HubSettings;
import io.runnel.engine.MemoryHistory;
import io.runnel.engine.Retention;
import io.runnel.engine.TopicRules;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Limits, and the end of an application. */
class EventStreamsTest {
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @ParameterizedTest
  @EnumSource
  void whoIsOneTooManyIsToldWhenToComeBackAndAllAreToldAtTheEnd(Containers each) throws Exception {
    Container container = each.make();
    try (Hub hub = Hub.inMemory();
        var streams =
            new EventStreams(
                hub, EventStreamsSettings.DEFAULT.withMaxStreams(2).withMaxSources(1))) {
      container.start(Map.of("/events/*", new TopicServlet(), "/box", new Boxes()), 20, streams);
      try (Received topic = new Received(client, container.url("/events/a"));
          Received box = new Received(client, container.url("/box"))) {
        topic.next();
        box.next();
        for (String path : new String[] {"/events/a", "/box"}) {
          try (Received refused = new Received(client, container.url(path))) {
            assertThat(refused.response.statusCode()).isEqualTo(200);
            assertThat(refused.nextRetry()).isGreaterThanOrEqualTo(Duration.ofSeconds(2));
            assertThat(refused.endsNow()).isTrue();
          }
        }
        assertThat(streams.statistics().refused()).isEqualTo(2);
        assertThat(streams.statistics().open()).isEqualTo(2);
        topic.nextRetry();
        box.nextRetry();
        streams.drain(Duration.ZERO);
        for (Received stream : new Received[] {topic, box}) {
          assertThat(stream.nextRetry()).isPositive();
          stream.awaitEnd();
        }
        try (Received late = new Received(client, container.url("/events/a"))) {
          assertThat(late.endsNow()).isTrue();
        }
      }
      Waiting.await(() -> streams.statistics().open() == 0 && streams.statistics().sources() == 0);
      container.stop();
    }
  }

  /** The clock stands still in the first tick: while nobody publishes only ticks ask it. */
  @Test
  void afterAPauseTheTicksThatWereMissedDoNotComeAllAtOnce() throws Exception {
    var answered = new LinkedBlockingQueue<Long>();
    var stoodStill = new AtomicBoolean();
    InstantSource clock =
        () -> {
          if (!stoodStill.getAndSet(true)) LockSupport.parkNanos(Duration.ofMillis(2250).toNanos());
          answered.add(System.nanoTime());
          return Instant.EPOCH;
        };
    var random = new SplittableRandom();
    var history = new MemoryHistory(TopicRules.always(Retention.DEFAULT), 1 << 20, clock, random);
    try (var hub = new Hub(HubSettings.DEFAULT, history, clock, random.split());
        var streams = new EventStreams(hub, EventStreamsSettings.DEFAULT)) {
      assertThat(streams.hub()).isSameAs(hub);
      long pauseEnded = answered.take();
      long next = requireNonNull(answered.poll(60, SECONDS));
      assertThat(Duration.ofNanos(next - pauseEnded)).isGreaterThan(Duration.ofMillis(900));
    }
  }

  @Test
  void afterATickThatFailedTheNextOneComes() throws Exception {
    var asked = new LinkedBlockingQueue<Boolean>();
    InstantSource clock =
        () -> {
          asked.add(true);
          throw new StackOverflowError("in each tick");
        };
    var random = new SplittableRandom();
    var history = new MemoryHistory(TopicRules.always(Retention.DEFAULT), 1 << 20, clock, random);
    try (var hub = new Hub(HubSettings.DEFAULT, history, clock, random.split());
        var streams = new EventStreams(hub, EventStreamsSettings.DEFAULT)) {
      assertThat(streams.hub()).isSameAs(hub);
      for (int i = 0; i < 2; i++) assertThat(asked.poll(60, SECONDS)).isNotNull();
    }
  }

  /** A session that is kept elsewhere may fail in many ways. */
  @Test
  void aSessionThatCannotBeAskedKeepsNoOtherStreamFromItsHeartbeats() throws Exception {
    Container container = new TomcatContainer();
    container.filter(new BrokenSessions());
    var settings = EventStreamsSettings.DEFAULT.withLanes(1).withHeartbeat(Duration.ofSeconds(1));
    try (Hub hub = ContainerTest.newHub();
        var streams = new EventStreams(hub, settings)) {
      container.start(Map.of("/events/*", new TopicServlet(), "/idle", new Idle()), 20, streams);
      try (Received broken = new Received(client, container.url("/events/a?broken"));
          var idle = new RawConnection(container.port())) {
        broken.next();
        idle.get("/idle").until("retry");
        for (int i = 0; i < 2; i++) idle.until(":\n\n");
      }
      container.stop();
    }
  }

  /** Opens streams that nobody sends to. */
  private static final class Idle extends EventSourceServlet {
    @Override
    protected EventSource newEventSource(HttpServletRequest request) {
      return emitter -> {};
    }
  }

  private static final class BrokenSessions extends HttpFilter {
    @Override
    protected void doFilter(
        HttpServletRequest request, HttpServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      boolean breaks = "broken".equals(request.getQueryString());
      chain.doFilter(breaks ? new WithBrokenSession(request) : request, response);
    }
  }

  private static final class WithBrokenSession extends HttpServletRequestWrapper {
    WithBrokenSession(HttpServletRequest request) {
      super(request);
    }

    @Override
    public HttpSession getSession(boolean create) {
      return (HttpSession)
          Proxy.newProxyInstance(
              HttpSession.class.getClassLoader(),
              new Class<?>[] {HttpSession.class},
              (proxy, method, arguments) -> {
                if (method.getName().equals("getId")) return "1";
                throw new UnsupportedOperationException(method.getName());
              });
    }
  }

  private static final class Boxes extends EventSourceServlet {
    @Override
    protected EventSource newEventSource(HttpServletRequest request) {
      return new MovingBox(50);
    }
  }

  @Test
  void whereAsynchronousRequestsAreNotAllowedTheErrorSaysHowToAllowThem() throws Exception {
    var request =
        (HttpServletRequest)
            Proxy.newProxyInstance(
                HttpServletRequest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, method, arguments) ->
                    switch (method.getName()) {
                      case "isAsyncSupported" -> false;
                      case "getRequestURI" -> "/events/a";
                      default -> throw new UnsupportedOperationException(method.getName());
                    });
    var response =
        (HttpServletResponse)
            Proxy.newProxyInstance(
                HttpServletResponse.class.getClassLoader(),
                new Class<?>[] {HttpServletResponse.class},
                (proxy, method, arguments) -> null);
    try (var streams = EventStreams.inMemory()) {
      assertThatIllegalStateException()
          .isThrownBy(() -> streams.open(request, response, StreamRequest.PRIVATE, end -> {}))
          .withMessageContaining("/events/a does not support: set asyncSupported = true");
      assertThat(streams.statistics().open()).isZero();
    }
  }
}
